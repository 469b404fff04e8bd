// Data packets under an AEAD cipher (docs/protocol.md, "Data channel").
//   V2: hdr(1) peer_id(3) | pid(4) | tag(16) | ciphertext    associated data: hdr | peer_id | pid
//   V1: hdr(1)            | pid(4) | tag(16) | ciphertext    associated data: pid
//   nonce(12) = pid(4) | implicit_iv(8)
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "openvpn/data/seal_room.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// What a packet held; borrowed from it.
struct DataContent {
  std::uint32_t packet_id = 0;
  base::MutableBytes plaintext;  // possibly empty
};

class AeadFormat {
 public:
  // `send` is the slot of `key2` that seals; the other one opens.
  AeadFormat(crypto::AeadAlgorithm algorithm, const StaticKey& key2, KeyDirection send);

  static SealRoom room(std::size_t header_size) {
    return {.front = header_size + kPacketIdSize + crypto::kAeadTagSize};
  }

  // Seals in place; the header is there, `packet` laid out by room().
  void seal(std::size_t header_size, std::uint32_t packet_id, base::MutableBytes packet);
  std::expected<DataContent, DropReason> open(std::size_t header_size, base::MutableBytes packet);

 private:
  static constexpr std::size_t kPacketIdSize = 4;
  using ImplicitIv = std::array<std::uint8_t, 8>;
  using Nonce = std::array<std::uint8_t, crypto::kAeadNonceSize>;
  static Nonce nonce(base::Bytes packet_id, const ImplicitIv& iv);

  crypto::AeadSealer sealer_;
  crypto::AeadOpener opener_;
  ImplicitIv send_iv_{};
  ImplicitIv receive_iv_{};
};

}  // namespace sallyport::openvpn
