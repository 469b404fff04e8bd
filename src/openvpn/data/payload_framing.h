// The byte that `comp-lzo` and `compress` put before each packet inside the encryption
// (docs/protocol.md, "Data channel"). We speak the framing with peers that want it, never compress
// (VORACLE), and drop what is compressed.
#pragma once

#include <expected>

#include "base/bytes.h"
#include "openvpn/drop_reason.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::openvpn {

// Bytes the framing needs in front of a packet and behind it.
struct FramingRoom {
  std::size_t front = 0;
  std::size_t back = 0;
};
FramingRoom framing_room(CompressionFraming framing);

// `framed` is room.front free bytes, a packet, room.back free bytes.
void add_framing(CompressionFraming framing, base::MutableBytes framed);

// The packet inside `framed`, put right in place and borrowed from it.
std::expected<base::MutableBytes, DropReason> remove_framing(CompressionFraming framing,
                                                             base::MutableBytes framed);

}  // namespace sallyport::openvpn
