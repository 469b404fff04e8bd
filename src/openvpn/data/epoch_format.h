// Data packets with epochs, as OpenVPN 2.7 has them: keys that renew themselves without a handshake
// (docs/protocol.md, "Data channel").
//   hdr(1) peer_id(3) | epoch(2) counter(6) | ciphertext | tag(16)   associated data: all before it
//   nonce = (epoch | counter | 0000) xor IV of the epoch
//   E(n+1) = Label(E(n), "datakey upd", 32); its key is Label(E, "data_key"), its IV Label(E,
//   "data_iv", 12)
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>

#include "crypto/aead.h"
#include "openvpn/control/replay_window.h"
#include "openvpn/data/seal_room.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// What the key of the next epoch, and the key and IV of each, are made from.
class EpochSecret {
 public:
  static constexpr std::size_t kSize = 32;
  static constexpr std::size_t kIvSize = crypto::kAeadNonceSize;

  explicit EpochSecret(base::Bytes secret) : secret_(secret) {}
  EpochSecret next() const;
  base::SecretArray<kSize> key(std::size_t size) const;  // the first `size` bytes of it
  std::array<std::uint8_t, kIvSize> iv() const;

 private:
  base::SecretArray<kSize> secret_;
};

class EpochFormat {
 public:
  EpochFormat(crypto::AeadAlgorithm algorithm, const StaticKey& key2, KeyDirection send,
              std::uint32_t replay_window);

  // Only behind a header of V2.
  static constexpr std::size_t kHeaderSize = 4;
  static SealRoom room() {
    return {.front = kHeaderSize + kPacketIdSize, .back = crypto::kAeadTagSize};
  }

  // Seals in place; the header is there. False when the last epoch is used up.
  bool seal(base::MutableBytes packet);
  // The plaintext, borrowed from the packet; replays are dropped here, each epoch has its window.
  std::expected<base::MutableBytes, DropReason> open(base::MutableBytes packet);
  // Few epochs are left: time for new keys by a handshake.
  bool wants_renewal() const { return send_.number >= kRenewAtEpoch; }

  // For tests: as if so many packets and blocks had been sealed, or opened, in this epoch.
  void use_up(std::uint64_t sealed, std::uint64_t opened = 0) {
    send_usage_ += sealed;
    known_.front().usage += opened;
  }
  std::uint16_t send_epoch() const { return send_.number; }

 private:
  static constexpr std::size_t kPacketIdSize = 8;
  static constexpr std::uint16_t kRenewAtEpoch = 0xf000;
  static constexpr std::uint16_t kLastEpoch = 0xfffe;
  // Epochs ahead of the peer's that are taken: as OpenVPN 2.7.
  static constexpr std::size_t kFuture = 4;

  struct Sending {
    std::uint16_t number = 1;
    EpochSecret secret;
    std::array<std::uint8_t, EpochSecret::kIvSize> iv;
    crypto::AeadSealer sealer;
  };
  struct Receiving {
    std::uint16_t number = 1;
    std::array<std::uint8_t, EpochSecret::kIvSize> iv;
    crypto::AeadOpener opener;
    ReplayWindow replay;
    std::uint64_t usage = 0;  // packets and blocks of this epoch
  };

  Sending sending(std::uint16_t number, EpochSecret secret) const;
  Receiving receiving(std::uint16_t number, const EpochSecret& secret) const;
  void advance_sending(std::uint16_t to);
  void fill_future();
  void advance_receiving(std::uint16_t to);
  bool is_used_up(std::uint64_t usage) const;
  Receiving* receiving_of(std::uint16_t epoch);

  crypto::AeadAlgorithm algorithm_;
  std::uint32_t replay_window_;
  Sending send_;
  std::uint64_t counter_ = 0;     // of the last packet in this epoch
  std::uint64_t send_usage_ = 0;  // packets and blocks of this epoch
  // The one before the current, the current one, and those to come.
  std::optional<Receiving> retiring_;
  std::deque<Receiving> known_;  // current first
  EpochSecret last_secret_;      // of known_.back()
};

}  // namespace sallyport::openvpn
