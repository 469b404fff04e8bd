// What the rules of Qubes' firewall allow each client: by the client's own address, as dom0 writes
// them, and dropping everything until it has written some (docs/security.md, "Rules").
#pragma once

#include <map>
#include <vector>

#include "gateway/host_lookup.h"
#include "net/rules/rule_set.h"

namespace sallyport::gateway {

class Firewall {
 public:
  // `rng` outlives it.
  explicit Firewall(base::Rng& rng) : hosts_(rng) {}

  // There is nobody who writes rules (`--qubesdb none`): clients may do whatever the router allows.
  void accept_all() { accepts_all_ = true; }

  // Replaces the rules of that source. Flows that are open are the caller's to judge again.
  void set_rules(base::Now now, const net::IpAddress& source, net::RuleSet rules);

  bool accepts(const net::IpAddress& source, const net::RuleSubject& subject) const;

  // For the names in the rules. What it learns changes verdicts.
  HostLookup& hosts() { return hosts_; }
  const HostLookup& hosts() const { return hosts_; }

 private:
  std::vector<net::DnsQuestion> questions() const;

  bool accepts_all_ = false;
  std::map<net::IpAddress, net::RuleSet> rules_;
  HostLookup hosts_;
};

}  // namespace sallyport::gateway
