#include "net/checksum_update.h"

#include "base/endian.h"

namespace sallyport::net {

void ChecksumUpdate::replace_address(const IpAddress& from, const IpAddress& to) {
  if (to.is_v4()) return replace_u32(from.v4_value(), to.v4_value());
  for (std::size_t at = 0; at < IpAddress::kSize; at += 4) {
    replace_u32(base::load_u32(from.bytes(), at), base::load_u32(to.bytes(), at));
  }
}

std::uint16_t ChecksumUpdate::applied_to_partial(std::uint16_t sum) const {
  std::uint64_t total = sum_ + sum;
  while (total >> 16 != 0) total = (total >> 16) + (total & 0xffff);
  return static_cast<std::uint16_t>(total);
}

}  // namespace sallyport::net
