// What a peer compressed before it encrypted (docs/protocol.md, "Data channel"). Only what was
// authenticated may get here.
#pragma once

#include <expected>

#include "openvpn/data/batch_memory.h"
#include "openvpn/drop_reason.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::openvpn {

// The packet that `framed` holds compressed, by the mark of `framing` and its algorithm: LZO with
// kLzo, LZ4 with the others. At most of TunnelOptions::kMaxTunMtu bytes, in `memory`.
std::expected<base::MutableBytes, DropReason> unpack_payload(CompressionFraming framing,
                                                             base::MutableBytes framed,
                                                             BatchMemory& memory);

}  // namespace sallyport::openvpn
