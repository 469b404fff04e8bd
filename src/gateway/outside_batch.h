// Packets on their way out: a pool that the router fills with plaintext and the data channel seals
// in place, laid out as trains of equal datagrams that one system call can take. With the VPN's own
// control packets the only thing that the uplink's socket is ever given.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "openvpn/data/seal_room.h"

namespace sallyport::gateway {

// Datagrams end to end, all of `segment_size` bytes but the last, which may be shorter. Over TCP:
// one stretch of the stream, each packet behind its length.
struct OutsideTrain {
  base::Bytes bytes;
  std::size_t segment_size = 0;
};

enum class OutsideFraming { kDatagrams, kStream };

class OutsideBatch {
 public:
  OutsideBatch();

  // `room` is what stands around each packet once sealed. `prefix` stands before each datagram, for
  // a relay on the way. Only while empty.
  void configure(const openvpn::SealRoom& room, OutsideFraming framing,
                 std::vector<std::uint8_t> prefix = {});

  // False: send and clear() before the next packet from inside.
  bool has_room() const { return kCapacity - end_ >= kLargestClaim; }
  // As much as is good at a time: no new packets from clients before it is sent.
  bool is_enough() const { return end_ >= enough_; }
  std::size_t enough() const { return enough_; }
  // When it is. Trains are no longer than that, either.
  void set_enough(std::size_t bytes) { enough_ = bytes; }
  std::size_t size() const { return end_; }
  // Whether `packets` IP packets of `ip_bytes` together fit while has_room(). All do that Linux
  // makes, but a client may ask for segments that are mostly headers.
  bool takes(std::size_t packets, std::size_t ip_bytes) const;
  bool empty() const { return trains_.empty(); }

  // Space for one IP packet (or a piece of one, where the tunnel cuts them) of `size` bytes:
  // `sealed` is all that will go out, `packet` the part in it for the packet.
  struct Claim {
    base::MutableBytes sealed;
    base::MutableBytes packet;
  };
  Claim claim(std::size_t size);
  // Keeps the packet that was claimed last, now sealed. Without it the next claim takes the same
  // space.
  void commit();

  std::span<const OutsideTrain> trains() const { return trains_; }
  void clear();

 private:
  // 64 KiB of payload in segments of 48 bytes (see net::Offload::kMinTcpSegment), each with usual
  // headers.
  static constexpr std::size_t kLargestClaim = 256 * 1024;
  static constexpr std::size_t kCapacity = 512 * 1024;

  // Of what stands in front of each packet: its length in a stream, the relay's header.
  std::size_t prefix_size() const;
  bool extends_last_train(std::size_t size) const;

  base::Buffer bytes_{kCapacity};
  std::size_t end_ = 0;  // of what is committed
  std::size_t enough_ = kCapacity;
  std::vector<std::uint8_t> prefix_;
  std::size_t claimed_ = 0;  // size of the last claim, on the wire
  openvpn::SealRoom room_;
  OutsideFraming framing_ = OutsideFraming::kDatagrams;
  std::vector<OutsideTrain> trains_;
  std::size_t segments_ = 0;  // in the last train
  bool train_open_ = false;   // the last train can grow
};

}  // namespace sallyport::gateway
