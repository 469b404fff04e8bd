#include "gateway/firewall.h"

namespace sallyport::gateway {

void Firewall::set_rules(base::Now now, const net::IpAddress& source, net::RuleSet rules) {
  rules_.insert_or_assign(source, std::move(rules));
  hosts_.want(now, questions());
}

bool Firewall::accepts(const net::IpAddress& source, const net::RuleSubject& subject) const {
  if (accepts_all_) return true;
  const auto found = rules_.find(source);
  if (found == rules_.end()) return false;
  return found->second.judge(subject, hosts_.addresses()) == net::RuleAction::kAccept;
}

// A rule of an IPv4 source is about IPv4 addresses.
std::vector<net::DnsQuestion> Firewall::questions() const {
  std::vector<net::DnsQuestion> questions;
  for (const auto& [source, rules] : rules_) {
    const net::DnsType type = source.is_v4() ? net::DnsType::kA : net::DnsType::kAaaa;
    for (std::string& name : rules.host_names()) questions.push_back({std::move(name), type});
  }
  return questions;
}

}  // namespace sallyport::gateway
