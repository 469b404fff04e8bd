#include "net/rules/rule_set.h"

#include <algorithm>

#include "net/ports.h"

namespace sallyport::net {
namespace {

enum class Match { kNo, kYes, kUnknown };

Match match_destination(const Rule& rule, const IpAddress& address, const HostAddresses& hosts) {
  if (const auto* prefix = std::get_if<base::IpPrefix>(&rule.destination)) {
    return prefix->contains(address) ? Match::kYes : Match::kNo;
  }
  if (std::holds_alternative<Rule::NoHost>(rule.destination)) return Match::kNo;
  const auto* name = std::get_if<HostName>(&rule.destination);
  if (name == nullptr) return Match::kYes;
  const auto* const known = hosts.find(name->text, address.is_v4() ? Family::kIpv4 : Family::kIpv6);
  if (known == nullptr) return Match::kUnknown;
  return std::ranges::find(*known, address) != known->end() ? Match::kYes : Match::kNo;
}

Match match(const Rule& rule, const RuleSubject& subject, const HostAddresses& hosts) {
  const bool icmp = subject.protocol == RuleProtocol::kIcmp;
  if (rule.protocol && *rule.protocol != subject.protocol) return Match::kNo;
  if (rule.ports && (icmp || !rule.ports->contains(subject.port))) return Match::kNo;
  if (rule.icmp_type && *rule.icmp_type != subject.icmp_type) return Match::kNo;
  if (rule.only_dns && (icmp || !subject.to_resolver || subject.port != kDnsPort)) {
    return Match::kNo;
  }
  return match_destination(rule, subject.destination, hosts);
}

}  // namespace

std::expected<RuleSet, std::string> RuleSet::parse(std::string_view policy,
                                                   std::span<const std::string> rules,
                                                   Family family) {
  RuleSet set;
  if (policy != "accept" && policy != "drop") {
    return std::unexpected("policy \"" + std::string(policy) + "\" is neither accept nor drop");
  }
  if (rules.size() > kMaxRules) return std::unexpected("there are too many rules");
  set.policy_ = policy == "accept" ? RuleAction::kAccept : RuleAction::kDrop;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    auto rule = parse_rule(rules[i], family);
    if (!rule) return std::unexpected("rule " + std::to_string(i) + ": " + rule.error());
    // DNS is on port 53; a rule for it on other ports only is none, as core-agent has it.
    if (rule->only_dns && rule->ports && *rule->ports != PortRange{kDnsPort, kDnsPort}) continue;
    set.rules_.push_back(std::move(*rule));
  }
  return set;
}

RuleAction RuleSet::judge(const RuleSubject& subject, const HostAddresses& hosts) const {
  for (const Rule& rule : rules_) {
    const Match matched = match(rule, subject, hosts);
    if (matched == Match::kYes) return rule.action;
    if (matched == Match::kUnknown && rule.action == RuleAction::kDrop) return RuleAction::kDrop;
  }
  return policy_;
}

std::vector<std::string> RuleSet::host_names() const {
  std::vector<std::string> names;
  for (const Rule& rule : rules_) {
    if (const auto* name = std::get_if<HostName>(&rule.destination)) names.push_back(name->text);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace sallyport::net
