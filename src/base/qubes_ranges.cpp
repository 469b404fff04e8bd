#include "base/qubes_ranges.h"

#include <algorithm>
#include <array>

namespace sallyport::base {

std::span<const IpPrefix> qubes_ranges() {
  static const std::array ranges{
      IpPrefix(IpAddress::v4(0x0a890000), 16),
      IpPrefix(IpAddress::v4(0x0a8a0000), 16),
      IpPrefix(IpAddress::v4(0x0a8b0000), 16),
      IpPrefix(IpAddress::v6({0xfd, 0x09, 0x24, 0xef, 0x41, 0x79}), 48),
  };
  return ranges;
}

bool is_qubes_address(const IpAddress& address) {
  return std::ranges::any_of(qubes_ranges(),
                             [&](const IpPrefix& range) { return range.contains(address); });
}

}  // namespace sallyport::base
