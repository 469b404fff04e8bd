// One pair of data-channel keys: seals our packets, opens the peer's, counts both. How the bytes of
// a packet are laid out is its format's (aead_format.h, cbc_format.h,
// epoch_format.h).
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <variant>

#include "base/bytes.h"
#include "openvpn/control/replay_window.h"
#include "openvpn/data/aead_format.h"
#include "openvpn/data/cbc_format.h"
#include "openvpn/data/epoch_format.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/ids.h"
#include "openvpn/wire/role.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// What stands before everything else in a packet we send.
struct DataHeader {
  static constexpr std::size_t kMaximumSize = 4;

  // V2 when the peer id is known, V1 otherwise.
  static DataHeader make(KeyId key_id, PeerId peer_id);

  std::array<std::uint8_t, kMaximumSize> bytes{};
  std::size_t size = 1;
};

enum class SealError {
  kNoKey,    // nothing has been negotiated yet
  kWornOut,  // the packet counter is used up: sending on would repeat a nonce
};

// What packets are protected by.
struct DataSuite {
  DataCipher cipher = DataCipher::kAes256Gcm;
  crypto::Digest digest = crypto::Digest::sha1();  // of `auth`; for CBC ciphers
  bool epochs = false;                             // AEAD ciphers and headers of V2 only

  // What stands around a packet behind a header of that size.
  SealRoom room(std::size_t header_size) const;
};

class DataKey {
 public:
  // `key2` is cut in two slots: clients seal with the first and open with the second, servers the
  // other way round. `rng` outlives the key.
  DataKey(KeyId id, const DataSuite& suite, const StaticKey& key2, Role role,
          std::uint32_t replay_window, base::Rng& rng);

  KeyId id() const { return id_; }

  // `packet` is laid out by the suite's room() for a packet of `packet_size`, which is encrypted in
  // place.
  std::expected<void, SealError> seal(const DataHeader& header, base::MutableBytes packet,
                                      std::size_t packet_size);

  // Authenticates and decrypts `packet` in place; the plaintext, possibly empty, is borrowed from
  // it. `header_size` is 1 for V1, 4 for V2.
  std::expected<base::MutableBytes, DropReason> open(std::size_t header_size,
                                                     base::MutableBytes packet);

  // True once the packet counter or the cipher's usage limit calls for a new key; sending goes on
  // meanwhile.
  bool wants_renewal() const;
  std::uint64_t packets() const { return sealed_packets_ + opened_packets_; }
  std::uint64_t bytes() const { return bytes_; }

  // For tests that start near the end: the last packet id sent, packets and blocks sealed and
  // opened, decryptions that failed.
  void skip_to(std::uint32_t packet_id) { last_packet_id_ = packet_id; }
  void use_up(std::uint64_t sealed, std::uint64_t opened) {
    sealed_usage_ += sealed;
    opened_usage_ += opened;
  }
  void fail_opens(std::uint64_t count) { failed_opens_ += count; }

 private:
  using Format = std::variant<AeadFormat, CbcFormat, EpochFormat>;
  static Format make_format(const DataSuite& suite, const StaticKey& key2, Role role,
                            std::uint32_t replay_window, base::Rng& rng);
  std::expected<base::MutableBytes, DropReason> open_short(std::size_t header_size,
                                                           base::MutableBytes packet);

  KeyId id_;
  bool has_usage_limit_;
  Format format_;
  ReplayWindow replay_;
  std::uint32_t last_packet_id_ = 0;
  std::uint64_t sealed_packets_ = 0;
  std::uint64_t opened_packets_ = 0;
  // Packets and blocks, of each of the two keys.
  std::uint64_t sealed_usage_ = 0;
  std::uint64_t opened_usage_ = 0;
  std::uint64_t failed_opens_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sallyport::openvpn
