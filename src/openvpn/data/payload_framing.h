// The byte that `comp-lzo` and `compress` put before each packet inside the encryption
// (docs/protocol.md, "Data channel"). We speak the framing with peers that want it, and never
// compress (VORACLE). What a peer compressed is for payload_unpacking.h.
#pragma once

#include <expected>

#include "base/bytes.h"
#include "openvpn/drop_reason.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::openvpn {

// Marks of compressed packets: before LZO, before LZ4 whose first byte stands at the end, and
// behind 0x50 before LZ4.
inline constexpr std::uint8_t kLzoMark = 0x66;
inline constexpr std::uint8_t kLz4Mark = 0x69;
inline constexpr std::uint8_t kV2Lz4 = 0x01;

// Bytes the framing needs in front of a packet and behind it.
struct FramingRoom {
  std::size_t front = 0;
  std::size_t back = 0;
};
FramingRoom framing_room(CompressionFraming framing);

// `framed` is room.front free bytes, a packet, room.back free bytes.
void add_framing(CompressionFraming framing, base::MutableBytes framed);

// The packet inside `framed`, put right in place and borrowed from it. kCompressed: it is a
// compressed one, and `framed` is as it was.
std::expected<base::MutableBytes, DropReason> remove_framing(CompressionFraming framing,
                                                             base::MutableBytes framed);

}  // namespace sallyport::openvpn
