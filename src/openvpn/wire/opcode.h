// The first byte of every OpenVPN packet: five bits of opcode, three of key id.
#pragma once

#include <cstdint>
#include <optional>

#include "openvpn/wire/ids.h"

namespace sallyport::openvpn {

// Opcodes 1 and 2 belonged to key method 1, which is dead and refused.
enum class Opcode : std::uint8_t {
  kControlSoftResetV1 = 3,
  kControlV1 = 4,
  kAckV1 = 5,
  kDataV1 = 6,
  kControlHardResetClientV2 = 7,
  kControlHardResetServerV2 = 8,
  kDataV2 = 9,
  kControlHardResetClientV3 = 10,
  kControlWkcV1 = 11,
};

struct FirstByte {
  Opcode opcode;
  KeyId key_id;
};

// Empty for opcodes that nobody may send any more, or has sent yet.
constexpr std::optional<FirstByte> parse_first_byte(std::uint8_t byte) {
  const int opcode = byte >> 3;
  if (opcode < 3 || opcode > 11) return std::nullopt;
  return FirstByte{static_cast<Opcode>(opcode), KeyId::of_first_byte(byte)};
}

constexpr std::uint8_t to_byte(Opcode opcode, KeyId key_id) {
  return static_cast<std::uint8_t>(static_cast<int>(opcode) << 3 | key_id.value());
}

constexpr bool is_data(Opcode opcode) {
  return opcode == Opcode::kDataV1 || opcode == Opcode::kDataV2;
}

// A client's wrapped key (tls-crypt-v2) stands behind the packet.
constexpr bool brings_wrapped_key(Opcode opcode) {
  return opcode == Opcode::kControlHardResetClientV3 || opcode == Opcode::kControlWkcV1;
}

constexpr bool is_hard_reset(Opcode opcode) {
  return opcode == Opcode::kControlHardResetClientV2 ||
         opcode == Opcode::kControlHardResetServerV2 || opcode == Opcode::kControlHardResetClientV3;
}

}  // namespace sallyport::openvpn
