#include "gateway/dns_policy.h"

#include <algorithm>

namespace sallyport::gateway {

void DnsPolicy::set_resolvers(std::vector<base::IpAddress> addresses) {
  resolvers_.clear();
  for (const base::IpAddress& address : addresses) resolvers_.push_back({address, std::nullopt});
}

bool DnsPolicy::is_virtual_resolver(const base::IpAddress& address) const {
  return std::ranges::find(virtual_, address) != virtual_.end();
}

std::optional<base::IpAddress> DnsPolicy::resolver_for(const base::IpAddress& asked,
                                                       base::Instant now) {
  // The second virtual resolver is the next real one, so that a client's own fallback is a
  // fallback.
  const bool second = std::ranges::find(virtual_, asked) - virtual_.begin() == 1;
  Resolver* chosen = nullptr;
  Resolver* tired = nullptr;  // of those asked in vain, the one that rested longest
  for (std::size_t i = 0; i < resolvers_.size() && chosen == nullptr; ++i) {
    Resolver& resolver = resolvers_[(i + (second ? 1 : 0)) % resolvers_.size()];
    // Families do not mix: an answer has to come from where the query went.
    if (resolver.address.is_v4() != asked.is_v4()) continue;
    if (resolver.is_patient(now)) {
      chosen = &resolver;
    } else if (tired == nullptr || resolver.asked_in_vain_since < tired->asked_in_vain_since) {
      tired = &resolver;
    }
  }
  if (chosen == nullptr && tired != nullptr) {
    chosen = tired;
    chosen->asked_in_vain_since.reset();
  }
  if (chosen == nullptr) return std::nullopt;
  if (!chosen->asked_in_vain_since) chosen->asked_in_vain_since = now;
  return chosen->address;
}

void DnsPolicy::answered(const base::IpAddress& address) {
  for (Resolver& resolver : resolvers_) {
    if (resolver.address == address) resolver.asked_in_vain_since.reset();
  }
}

}  // namespace sallyport::gateway
