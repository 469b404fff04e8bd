// How many of something each place has, where nobody may take everybody's room. A place is a host,
// or a /64 of IPv6: whoever has an address of that mostly has all of them.
#pragma once

#include <cstddef>
#include <map>

#include "base/check.h"
#include "base/ip_address.h"

namespace sallyport::openvpn {

inline base::IpAddress place_of(const base::IpAddress& address) {
  return address.is_v4() ? address : base::IpPrefix(address, 64).address();
}

class PlaceCounts {
 public:
  void add(const base::IpAddress& address) { ++counts_[place_of(address)]; }
  // One that was added.
  void remove(const base::IpAddress& address) {
    const auto place = counts_.find(place_of(address));
    CHECK(place != counts_.end());
    if (--place->second == 0) counts_.erase(place);
  }
  std::size_t at(const base::IpAddress& address) const {
    const auto place = counts_.find(place_of(address));
    return place == counts_.end() ? 0 : place->second;
  }

 private:
  std::map<base::IpAddress, std::size_t> counts_;
};

}  // namespace sallyport::openvpn
