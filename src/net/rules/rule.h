// One rule of a qube's firewall as dom0 writes it for the VM that is its network (Qubes OS, "VM
// interface", /qubes-firewall): what a packet must be like, and what becomes of it then.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ip_address.h"

namespace sallyport::net {

enum class RuleAction : std::uint8_t { kDrop, kAccept };

enum class RuleProtocol : std::uint8_t { kTcp, kUdp, kIcmp };

enum class Family : std::uint8_t { kIpv4, kIpv6 };

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool contains(std::uint16_t port) const { return first <= port && port <= last; }
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// A name as DNS compares them: lower case, without the dot at the end.
struct HostName {
  std::string text;
  friend bool operator==(const HostName&, const HostName&) = default;
};

struct Rule {
  using AnyHost = std::monostate;
  // IPv4 in IPv6's form (dst6=::ffff:192.0.2.1/128): dom0 takes it, and no packet is for it.
  struct NoHost {};

  RuleAction action = RuleAction::kDrop;
  std::optional<RuleProtocol> protocol;
  std::variant<AnyHost, base::IpPrefix, HostName, NoHost> destination;
  // Only DNS, to the resolvers that the gateway stands for (specialtarget=dns).
  bool only_dns = false;
  // Of TCP or UDP: a rule with ports and without a protocol is for both.
  std::optional<PortRange> ports;
  std::optional<std::uint8_t> icmp_type;
};

// `text` is "key=value" with single blanks between, action first, no key twice:
//   action=accept|drop  proto=tcp|udp|icmp  dst4=A/N | dst6=A/N | dsthost=NAME  specialtarget=dns
//   dstports=A-B (not with icmp)  icmptype=N (only with icmp)
// What is not in the grammar, or not for `family`, is an error and never a rule that matches less
// or more; the caller then drops everything of that source, as the interface demands. The error
// names the part that is wrong.
std::expected<Rule, std::string> parse_rule(std::string_view text, Family family);

}  // namespace sallyport::net
