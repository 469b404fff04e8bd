#include "gateway/internal_addresses.h"

#include <algorithm>

#include "base/check.h"
#include "base/qubes_ranges.h"

namespace sallyport::gateway {

void InternalAddresses::set_own(const std::optional<base::IpAddress>& address) {
  own_ = address;
  sort();
}

void InternalAddresses::set_connected(std::vector<base::IpAddress> addresses) {
  connected_ = std::move(addresses);
  sort();
}

void InternalAddresses::add_client(const base::IpAddress& address) {
  clients_.push_back(address);
  sort();
}

void InternalAddresses::remove_client(const base::IpAddress& address) {
  const auto found = std::ranges::find(clients_, address);
  CHECK(found != clients_.end());
  clients_.erase(found);
  sort();
}

bool InternalAddresses::contains(const base::IpAddress& address) const {
  return base::is_qubes_address(address) || std::ranges::binary_search(all_, address);
}

void InternalAddresses::sort() {
  all_ = connected_;
  all_.insert(all_.end(), clients_.begin(), clients_.end());
  if (own_) all_.push_back(*own_);
  std::ranges::sort(all_);
}

}  // namespace sallyport::gateway
