// The firewall of one source address: its rules in order, first match wins, and what is done when
// none matches. Judged when a flow opens, and once more for each flow when the rules change; never
// for a single packet.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/rules/host_addresses.h"
#include "net/rules/rule.h"

namespace sallyport::net {

// What a rule looks at: the flow as the client names it, before any translation.
struct RuleSubject {
  RuleProtocol protocol{};
  IpAddress destination;
  // Of TCP and UDP.
  std::uint16_t port = 0;
  // Of ICMP: what a ping has.
  std::uint8_t icmp_type = 0;
  // The destination is a resolver that the gateway stands for.
  bool to_resolver = false;
};

class RuleSet {
 public:
  // QubesDB numbers rules with four digits.
  static constexpr std::size_t kMaxRules = 10000;

  // Without any rule: drops everything.
  RuleSet() = default;

  // `policy` is "accept" or "drop", what to do when no rule matches; `rules` are in order. The
  // error names the rule (from 0, as listed) and what is wrong in it.
  static std::expected<RuleSet, std::string> parse(std::string_view policy,
                                                   std::span<const std::string> rules,
                                                   Family family);

  // A rule whose name is not known may be the one that matches: if it accepts, it is passed over;
  // if it drops, the packet is dropped.
  RuleAction judge(const RuleSubject& subject, const HostAddresses& hosts) const;

  // The names in the rules, each once.
  std::vector<std::string> host_names() const;
  std::size_t size() const { return rules_.size(); }

 private:
  RuleAction policy_ = RuleAction::kDrop;
  std::vector<Rule> rules_;
};

}  // namespace sallyport::net
