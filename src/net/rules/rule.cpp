#include "net/rules/rule.h"

#include <algorithm>

#include "base/parse_number.h"

namespace sallyport::net {
namespace {

using Problem = std::optional<std::string>;

// RFC 1035 2.3.4.
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

Problem set_action(Rule& rule, std::string_view value, Family) {
  if (value != "accept" && value != "drop") return "is neither accept nor drop";
  rule.action = value == "accept" ? RuleAction::kAccept : RuleAction::kDrop;
  return std::nullopt;
}

Problem set_protocol(Rule& rule, std::string_view value, Family) {
  if (value == "tcp") {
    rule.protocol = RuleProtocol::kTcp;
  } else if (value == "udp") {
    rule.protocol = RuleProtocol::kUdp;
  } else if (value == "icmp") {
    rule.protocol = RuleProtocol::kIcmp;
  } else {
    return "is none of tcp, udp and icmp";
  }
  return std::nullopt;
}

Problem set_prefix(Rule& rule, std::string_view value, Family family, Family wanted) {
  if (family != wanted) return "is of the other address family";
  if (!value.contains('/')) return "has no prefix length";
  const auto prefix = base::IpPrefix::parse(value);
  if (!prefix || prefix->address().is_v4() != (wanted == Family::kIpv4)) return "is no network";
  rule.destination = *prefix;
  return std::nullopt;
}

// ::ffff:0:0/96 or longer (RFC 4291 2.5.5.2).
bool is_mapped_network(std::string_view value) {
  constexpr unsigned kMappedLength = 96;
  constexpr unsigned kWholeLength = 128;
  const std::size_t slash = value.find('/');
  if (slash == std::string_view::npos) return false;
  const auto address = base::IpAddress::parse_v6(value.substr(0, slash));
  const auto length = base::parse_number<unsigned>(value.substr(slash + 1));
  return address && address->is_v4() && length && *length >= kMappedLength &&
         *length <= kWholeLength;
}

Problem set_prefix4(Rule& rule, std::string_view value, Family family) {
  return set_prefix(rule, value, family, Family::kIpv4);
}

Problem set_prefix6(Rule& rule, std::string_view value, Family family) {
  if (family == Family::kIpv6 && is_mapped_network(value)) {
    rule.destination = Rule::NoHost{};
    return std::nullopt;
  }
  return set_prefix(rule, value, family, Family::kIpv6);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Problem set_host(Rule& rule, std::string_view value, Family) {
  std::string name(value);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (name.ends_with('.')) name.pop_back();
  if (name.size() > kMaxName) return "is too long";
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) return "is no host name";
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  rule.destination = HostName{std::move(name)};
  return std::nullopt;
}

Problem set_special(Rule& rule, std::string_view value, Family) {
  if (value != "dns") return "is not dns";
  rule.only_dns = true;
  return std::nullopt;
}

Problem set_ports(Rule& rule, std::string_view value, Family) {
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) return "is no range";
  const auto first = base::parse_number<std::uint16_t>(value.substr(0, dash));
  const auto last = base::parse_number<std::uint16_t>(value.substr(dash + 1));
  if (!first || !last || *first > *last) return "is no range of ports";
  rule.ports = PortRange{*first, *last};
  return std::nullopt;
}

Problem set_icmp_type(Rule& rule, std::string_view value, Family) {
  const auto type = base::parse_number<std::uint8_t>(value);
  if (!type) return "is no number from 0 to 255";
  rule.icmp_type = *type;
  return std::nullopt;
}

// dst4, dst6 and dsthost are one key with three names.
enum Slot : unsigned { kAction, kProtocol, kDestination, kSpecial, kPorts, kIcmpType };

struct Key {
  std::string_view name;
  Slot slot;
  Problem (*set)(Rule&, std::string_view, Family);
};
constexpr Key kKeys[] = {
    {"action", kAction, set_action},     {"proto", kProtocol, set_protocol},
    {"dst4", kDestination, set_prefix4}, {"dst6", kDestination, set_prefix6},
    {"dsthost", kDestination, set_host}, {"specialtarget", kSpecial, set_special},
    {"dstports", kPorts, set_ports},     {"icmptype", kIcmpType, set_icmp_type},
};

// What single values cannot tell.
Problem objection(const Rule& rule) {
  const bool icmp = rule.protocol == RuleProtocol::kIcmp;
  if (rule.icmp_type && !icmp) return "icmptype without proto=icmp";
  if (rule.ports && icmp) return "dstports with proto=icmp";
  if (rule.only_dns && icmp) return "specialtarget=dns with proto=icmp";
  return std::nullopt;
}

}  // namespace

std::expected<Rule, std::string> parse_rule(std::string_view text, Family family) {
  Rule rule;
  unsigned seen = 0;
  for (std::string_view rest = text;;) {
    const std::size_t blank = rest.find(' ');
    const std::string_view part = rest.substr(0, blank);
    const auto fail = [&](std::string_view why) {
      return std::unexpected("\"" + std::string(part) + "\" " + std::string(why));
    };
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail("is no key=value");
    const auto* const key = std::ranges::find(kKeys, part.substr(0, equals), &Key::name);
    if (key == std::end(kKeys)) return fail("has an unknown key");
    if (seen == 0 && key->slot != kAction) return fail("stands where the action must be");
    if ((seen & 1U << key->slot) != 0) return fail("comes on top of another of its kind");
    seen |= 1U << key->slot;
    if (auto problem = key->set(rule, part.substr(equals + 1), family)) return fail(*problem);
    if (blank == std::string_view::npos) break;
    rest.remove_prefix(blank + 1);
  }
  if (auto problem = objection(rule)) return std::unexpected(*problem);
  return rule;
}

}  // namespace sallyport::net
