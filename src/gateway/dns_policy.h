// Where clients' DNS goes: to the resolvers that the tunnel's server named, through the tunnel, and
// nowhere else (docs/security.md, "DNS"). Clients know only the addresses that Qubes gives them.
#pragma once

#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"

namespace sallyport::gateway {

class DnsPolicy {
 public:
  // Asked in vain for so long, a resolver gives way to the next, until it is its turn again or it
  // answers after all.
  static constexpr base::Duration kPatience = std::chrono::seconds(2);

  // What clients are told to ask: Qubes' two virtual resolvers and, when known, the gateway's own
  // address.
  void set_virtual_resolvers(std::vector<base::IpAddress> addresses) {
    virtual_ = std::move(addresses);
  }
  // The tunnel's resolvers, best first; empty when there are none or no tunnel.
  void set_resolvers(std::vector<base::IpAddress> addresses);

  bool is_virtual_resolver(const base::IpAddress& address) const;

  // A query for `asked`, one of the virtual resolvers: whom to send it to. Nothing when there is no
  // resolver.
  std::optional<base::IpAddress> resolver_for(const base::IpAddress& asked, base::Instant now);
  // A resolver has answered.
  void answered(const base::IpAddress& resolver);

 private:
  std::vector<base::IpAddress> virtual_;
  struct Resolver {
    base::IpAddress address;
    // Of the first query since it last answered.
    std::optional<base::Instant> asked_in_vain_since;

    bool is_patient(base::Instant now) const {
      return !asked_in_vain_since || now - *asked_in_vain_since <= kPatience;
    }
  };

  std::vector<Resolver> resolvers_;
};

}  // namespace sallyport::gateway
