// The data channel of one session: which key seals now, which keys may open, and what is inside
// besides packets. This is the packet path: no allocation, no virtual call, buffers encrypted and
// decrypted where they lie.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/time.h"
#include "openvpn/data/data_key.h"
#include "openvpn/data/fragments.h"
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

struct Opened {
  enum class Kind { kPacket, kPing, kExit, kPiece };
  Kind kind = Kind::kPing;  // kPiece: of a packet that is not whole yet
  // kPacket: at least one byte. Borrowed from the datagram, or from the batch's memory.
  base::MutableBytes packet;
};

class DataChannel {
 public:
  // `rng` and `memory` outlive the channel.
  DataChannel(Role role, std::uint32_t replay_window, base::Rng& rng, BatchMemory& memory)
      : role_(role),
        replay_window_(replay_window),
        rng_(rng),
        memory_(memory),
        reassembly_(memory) {}

  // What all keys of the session share. Set before the first key; the server's push decides it.
  struct Settings {
    DataSuite suite;
    PeerId peer_id;
    CompressionFraming framing;
    // `fragment`: the largest datagram, without outer headers; 0: packets are not cut.
    std::size_t fragment = 0;
    // Packets may come compressed: with LZO under kLzo, with LZ4 under the other framings.
    bool decompress = false;
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
  // The same for a whole packet with all that stands around it; differs where packets are cut.
  SealRoom packet_room() const { return packet_room_; }

  // `buffer` is laid out by seal_room() for a packet of `packet_size`; on success all of it is what
  // to send.
  std::expected<void, SealError> seal(base::MutableBytes buffer, std::size_t packet_size);

  // With `fragment`, what is sealed are the pieces of a packet: packet_space() is where it is to be
  // written, cut() tells its pieces, and piece() writes one, with its header, to be sealed in its
  // place.
  bool cuts() const { return settings_ && settings_->fragment != 0; }
  base::MutableBytes packet_space(std::size_t packet_size);
  // How many datagrams a packet of that size can become.
  std::size_t most_pieces(std::size_t packet_size) const;
  // Empty when the packet cannot be cut into so few pieces as a header can count.
  std::optional<FragmentPlan> cut();
  void piece(const FragmentPlan& plan, std::size_t index, base::MutableBytes out) const {
    plan.write(index, framed_, out);
  }

  // The end of a batch of packets.
  void batch_done(base::Instant now) {
    reassembly_.batch_done(now);
    memory_.batch_done();
  }

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
  std::size_t piece_limit() const;

  Role role_;
  std::uint32_t replay_window_;
  base::Rng& rng_;
  BatchMemory& memory_;
  std::optional<Settings> settings_;
  std::array<std::optional<Slot>, kSlots> slots_;
  std::size_t sealing_ = 0;  // index into slots_
  SealRoom room_;
  SealRoom packet_room_;
  std::vector<std::uint8_t> framed_;  // the packet that is being cut
  std::uint8_t next_sequence_ = 0;    // of the packets that were cut
  FragmentReassembly reassembly_;
};

}  // namespace sallyport::openvpn
