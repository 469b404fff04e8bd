// The data channel of one session: which key seals now, which keys may open, and what is inside
// besides packets. This is the packet path: no allocation, no virtual call, buffers encrypted and
// decrypted where they lie.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "base/time.h"
#include "openvpn/data/data_key.h"
#include "openvpn/data/payload_framing.h"

namespace sallyport::openvpn {

// A plaintext packet that only says "I am here".
inline constexpr std::array<std::uint8_t, 16> kPingMagic{
    0x2a, 0x18, 0x7b, 0xf3, 0x64, 0x1e, 0xb4, 0xcb, 0x07, 0xed, 0x2d, 0x0a, 0x98, 0x1f, 0xc7, 0x48};

// One that says goodbye: the mark of options-check messages and the code for EXIT
// (docs/protocol.md, "Data channel").
inline constexpr std::array<std::uint8_t, 17> kExitNotice{0x28, 0x7f, 0x34, 0x6b, 0xd4, 0xef,
                                                          0x7a, 0x81, 0x2d, 0x56, 0xb8, 0xd3,
                                                          0xaf, 0xc5, 0x45, 0x9c, 6};

// How a sealed packet is laid out in the caller's buffer: `front` free bytes, the IP packet, `back`
// free bytes.
struct SealRoom {
  std::size_t front = 0;
  std::size_t back = 0;
};

struct Opened {
  enum class Kind { kPacket, kPing, kExit };
  Kind kind = Kind::kPing;
  base::MutableBytes packet;  // kPacket: at least one byte, borrowed from the datagram
};

class DataChannel {
 public:
  DataChannel(Role role, std::uint32_t replay_window)
      : role_(role), replay_window_(replay_window) {}

  // What all keys of the session share. Set before the first key; the server's push decides it.
  struct Settings {
    crypto::AeadAlgorithm algorithm;
    PeerId peer_id;
    CompressionFraming framing;
  };
  void configure(const Settings& settings);

  // A new key opens at once. It seals as soon as the peer has shown that it has it too, by a packet
  // under it, or from `seal_from` on, or when there is no other.
  void add_key(KeyId id, const StaticKey& key2, base::Instant seal_from);
  void remove_key(KeyId id);
  // Yet another key is begun, and the peer keeps only the newest besides: seal with that.
  void handle_rekey_started();
  // Lets keys take over whose time has come.
  void handle_timeout(base::Instant now);
  std::optional<base::Instant> next_deadline() const;

  bool ready() const { return slots_[sealing_].has_value(); }
  SealRoom seal_room() const { return room_; }

  // `buffer` is laid out by seal_room(); on success all of it is the packet to send.
  std::expected<void, SealError> seal(base::MutableBytes buffer);

  // `datagram` is a DATA_V1 or DATA_V2 packet, decrypted in place.
  std::expected<Opened, DropReason> open(base::MutableBytes datagram);

  // The newest key, for rekey triggers; null before the first.
  const DataKey* newest_key() const;
  DataKey* newest_key();

 private:
  struct Slot {
    DataKey key;
    base::Instant seal_from;
    DataHeader header;
  };
  // Newest first: the current key, and the one it replaced until the transition window ends.
  static constexpr std::size_t kSlots = 2;

  Slot* slot_of(KeyId id);

  Role role_;
  std::uint32_t replay_window_;
  std::optional<Settings> settings_;
  std::array<std::optional<Slot>, kSlots> slots_;
  std::size_t sealing_ = 0;  // index into slots_
  SealRoom room_;
};

}  // namespace sallyport::openvpn
