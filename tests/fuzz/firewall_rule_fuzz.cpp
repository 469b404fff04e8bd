// Any text as a rule of QubesDB: what is taken as one can be judged, and matches no more than its
// own family.
#include "base/check.h"
#include "net/rules/rule_set.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(base::text_of(base::Bytes(data, size)));
  for (const net::Family family : {net::Family::kIpv4, net::Family::kIpv6}) {
    const auto rule = net::parse_rule(text, family);
    const auto set = net::RuleSet::parse("drop", {&text, 1}, family);
    CHECK(rule.has_value() == set.has_value());
    if (!rule) {
      CHECK(!rule.error().empty());
      continue;
    }
    CHECK(text.starts_with("action=accept") || text.starts_with("action=drop"));
    if (const auto* prefix = std::get_if<base::IpPrefix>(&rule->destination)) {
      CHECK(prefix->address().is_v4() == (family == net::Family::kIpv4));
    }
    // A name that nobody knows accepts nothing.
    const bool named = std::holds_alternative<net::HostName>(rule->destination);
    CHECK(set->host_names().size() <= (named ? 1U : 0U));
    const net::RuleSubject subject{net::RuleProtocol::kTcp, base::IpAddress::v4(0xc6336407), 443, 0,
                                   false};
    const net::RuleAction verdict = set->judge(subject, {});
    if (named || rule->action == net::RuleAction::kDrop) CHECK(verdict == net::RuleAction::kDrop);
  }
  return 0;
}
