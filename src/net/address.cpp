#include "net/address.h"

#include <algorithm>

#include "base/endian.h"

namespace sallyport::net {
namespace {

std::uint8_t first_byte(const IpAddress& address) {
  return address.wire()[0];
}

}  // namespace

IpAddress load_ipv4(base::Bytes from, std::size_t at) {
  return IpAddress::v4(base::load_u32(from, at));
}

IpAddress load_ipv6(base::Bytes from, std::size_t at) {
  std::array<std::uint8_t, IpAddress::kSize> bytes;
  base::copy_bytes(from.subspan(at, bytes.size()), bytes);
  return IpAddress::v6(bytes);
}

void store_address(base::MutableBytes to, std::size_t at, const IpAddress& address) {
  const base::Bytes wire = address.wire();
  base::copy_bytes(wire, to.subspan(at, wire.size()));
}

bool is_unspecified(const IpAddress& address) {
  return std::ranges::all_of(address.wire(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_this_network(const IpAddress& address) {
  return address.is_v4() ? first_byte(address) == 0 : is_unspecified(address);
}

bool is_loopback(const IpAddress& address) {
  static constexpr IpAddress kLoopback6 =
      IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  return address.is_v4() ? first_byte(address) == 127 : address == kLoopback6;
}

bool is_link_local(const IpAddress& address) {
  const unsigned start = base::load_u16(address.wire(), 0);
  return address.is_v4() ? start == 0xa9fe : (start & 0xffc0) == 0xfe80;
}

bool is_multicast(const IpAddress& address) {
  return address.is_v4() ? first_byte(address) >> 4 == 0xe : first_byte(address) == 0xff;
}

bool is_broadcast(const IpAddress& address) {
  return address.is_v4() && address.v4_value() == 0xffff'ffff;
}

bool is_reserved(const IpAddress& address) {
  return address.is_v4() && first_byte(address) >> 4 == 0xf && !is_broadcast(address);
}

bool is_host(const IpAddress& address) {
  return !is_this_network(address) && !is_loopback(address) && !is_multicast(address) &&
         !is_broadcast(address) && !is_reserved(address);
}

}  // namespace sallyport::net
