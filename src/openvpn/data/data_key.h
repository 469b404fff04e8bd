// One pair of data-channel keys: seals our packets, opens the peer's, counts both
// (docs/protocol.md, "Data channel").
//   V2: hdr(1) peer_id(3) | pid(4) | tag(16) | ciphertext    associated data: hdr | peer_id | pid
//   V1: hdr(1)            | pid(4) | tag(16) | ciphertext    associated data: pid
//   nonce(12) = pid(4) | implicit_iv(8)
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "openvpn/control/replay_window.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/ids.h"
#include "openvpn/wire/role.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// What stands before the ciphertext of a packet we send.
struct DataHeader {
  static constexpr std::size_t kMaximumSize = 4;
  static constexpr std::size_t kPacketIdSize = 4;

  // V2 when the peer id is known, V1 otherwise.
  static DataHeader make(KeyId key_id, PeerId peer_id);
  // Octets from the start of the packet to its ciphertext.
  std::size_t overhead() const { return size + kPacketIdSize + crypto::kAeadTagSize; }

  std::array<std::uint8_t, kMaximumSize> bytes{};
  std::size_t size = 1;
};

enum class SealError {
  kNoKey,    // nothing has been negotiated yet
  kWornOut,  // the packet counter is used up: sending on would repeat a nonce
};

class DataKey {
 public:
  // `key2` is cut in two slots: clients seal with the first and open with the second, servers the
  // other way round.
  DataKey(KeyId id, crypto::AeadAlgorithm algorithm, const StaticKey& key2, Role role,
          std::uint32_t replay_window);

  KeyId id() const { return id_; }

  // `packet` is header.overhead() free bytes and then the plaintext, which is encrypted in place.
  std::expected<void, SealError> seal(const DataHeader& header, base::MutableBytes packet);

  // Authenticates and decrypts `packet` in place; the plaintext, possibly empty, is borrowed from
  // it. `header_size` is 1 for V1, 4 for V2.
  std::expected<base::MutableBytes, DropReason> open(std::size_t header_size,
                                                     base::MutableBytes packet);

  // True once the packet counter or the cipher's usage limit calls for a new key; sending goes on
  // meanwhile.
  bool wants_renewal() const;
  std::uint64_t packets() const { return sealed_packets_ + opened_packets_; }
  std::uint64_t bytes() const { return bytes_; }

  // The last packet id sent; for tests that start near the end.
  void skip_to(std::uint32_t packet_id) { last_packet_id_ = packet_id; }

 private:
  using ImplicitIv = std::array<std::uint8_t, 8>;
  std::array<std::uint8_t, crypto::kAeadNonceSize> nonce(base::Bytes packet_id,
                                                         const ImplicitIv& iv) const;

  KeyId id_;
  crypto::AeadAlgorithm algorithm_;
  crypto::AeadSealer sealer_;
  crypto::AeadOpener opener_;
  ImplicitIv send_iv_{};
  ImplicitIv receive_iv_{};
  ReplayWindow replay_;
  std::uint32_t last_packet_id_ = 0;
  std::uint64_t sealed_packets_ = 0;
  std::uint64_t sealed_blocks_ = 0;
  std::uint64_t opened_packets_ = 0;
  std::uint64_t failed_opens_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sallyport::openvpn
