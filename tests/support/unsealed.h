// A packet with the room around it that its seal needs.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "openvpn/data/seal_room.h"

namespace sallyport::testing {

inline std::vector<std::uint8_t> unsealed(const openvpn::SealRoom& room, base::Bytes packet) {
  std::vector<std::uint8_t> buffer(room.sealed_size(packet.size()));
  base::copy_bytes(packet, base::MutableBytes(buffer).subspan(room.front));
  return buffer;
}

}  // namespace sallyport::testing
