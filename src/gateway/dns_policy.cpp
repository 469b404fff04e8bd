#include "gateway/dns_policy.h"

#include <algorithm>

namespace sallyport::gateway {

void DnsPolicy::set_resolvers(std::vector<base::IpAddress> addresses) {
  resolvers_ = std::move(addresses);
  current_ = 0;
  asked_in_vain_since_.reset();
}

bool DnsPolicy::is_virtual_resolver(const base::IpAddress& address) const {
  return std::ranges::find(virtual_, address) != virtual_.end();
}

std::optional<base::IpAddress> DnsPolicy::resolver_for(const base::IpAddress& asked,
                                                       base::Instant now) {
  if (resolvers_.empty()) return std::nullopt;
  if (!asked_in_vain_since_) {
    asked_in_vain_since_ = now;
  } else if (now - *asked_in_vain_since_ > kPatience) {
    current_ = (current_ + 1) % resolvers_.size();
    asked_in_vain_since_ = now;
  }
  // The second virtual resolver is the next real one, so that a client's own fallback is a
  // fallback.
  const auto which =
      static_cast<std::size_t>(std::ranges::find(virtual_, asked) - virtual_.begin());
  const std::size_t offset = which == 1 ? 1 : 0;
  // Families do not mix: an answer has to come from where the query went.
  for (std::size_t i = 0; i < resolvers_.size(); ++i) {
    const base::IpAddress& resolver = resolvers_[(current_ + offset + i) % resolvers_.size()];
    if (resolver.is_v4() == asked.is_v4()) return resolver;
  }
  return std::nullopt;
}

void DnsPolicy::answered(const base::IpAddress& resolver) {
  if (!resolvers_.empty() && resolver == resolvers_[current_]) asked_in_vain_since_.reset();
}

}  // namespace sallyport::gateway
