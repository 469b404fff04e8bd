// Why a vif was shut: its frontend broke the ring protocol in a way that no correct frontend does,
// so nothing that it says can be relied on any more. All that a fault costs is that vif.
#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::netback {

enum class RingFault : std::uint8_t {
  kProducerOverrun,  // req_prod is behind what was consumed, or further ahead than the ring is long
  kIncompletePacket,  // req_prod was published in the middle of a packet
  kInvalidExtra,      // an extra-info of no known type
  kTooManyExtras,     // more extra-infos than there are types
  kCrossesPage,       // offset and size reach beyond the granted page
  kGsoSize,           // a super-packet of segments of 0 bytes
  kGsoType,           // a super-packet that is neither TCP over IPv4 nor over IPv6
  kCount,
};

// For status and the log line of the shut: "ring index out of range".
std::string_view describe(RingFault fault);

}  // namespace sallyport::netback
