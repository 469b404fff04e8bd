#include "net/mss.h"

#include <bit>

#include "base/endian.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

constexpr std::size_t kTcpHeader = 20;

// `at` is where the option's value is in the packet.
bool lower(Packet& packet, std::size_t at, std::uint16_t max) {
  const std::uint16_t before = base::load_u16(packet.bytes, at);
  if (before <= max) return false;
  ChecksumUpdate update;
  if ((at - packet.transport_at) % 2 == 0) {
    update.replace_u16(before, max);
  } else {
    // The value lies across two summed words. The sum of swapped bytes is the swapped sum (RFC 1071
    // 2B).
    update.replace_u16(std::byteswap(before), std::byteswap(max));
  }
  update_transport_checksum(packet, update, Covers::kTransport);
  base::store_u16(packet.bytes, at, max);
  return true;
}

}  // namespace

bool clamp_mss(Packet& packet, std::uint16_t max) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNoOperation = 1;
  constexpr std::uint8_t kMss = 2;
  if (!may_announce_mss(packet)) return false;
  bool lowered = false;
  // To the end: of several MSS options, which none but an attacker sends, receivers differ in what
  // they take.
  std::size_t at = packet.transport_at + kTcpHeader;
  while (at < packet.payload_at && packet.bytes[at] != kEnd) {
    if (packet.bytes[at] == kNoOperation) {
      ++at;
      continue;
    }
    const std::size_t left = packet.payload_at - at;
    if (left < 2 || packet.bytes[at + 1] < 2 || packet.bytes[at + 1] > left) break;
    if (packet.bytes[at] == kMss && packet.bytes[at + 1] == 4) {
      lowered = lower(packet, at + 2, max) || lowered;
    }
    at += packet.bytes[at + 1];
  }
  return lowered;
}

}  // namespace sallyport::net
