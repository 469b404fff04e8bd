// IP packets as they cross a vchan, which is a stream of bytes: each behind a header that says how
// long it is and what is left to be done for it, as virtio_net_hdr does, so that super-packets
// cross as they are. All numbers are big-endian.
//
//   0  length of the packet, 20 to 65535
//   2  flags: 1 the checksum is partial, 2 it was found correct
//   3  segmentation: 0 none, 1 TCP over IPv4, 2 TCP over IPv6, 3 UDP
//   4  payload bytes of each segment
//   6  where summing starts, from the packet's first byte
//   8  where the checksum is, from there
//
// Both ends are Sallyport; neither believes the other.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "base/buffer.h"
#include "base/bytes.h"

namespace sallyport::xen {

struct PacketHeader {
  static constexpr std::size_t kSize = 10;
  enum class Gso : std::uint8_t { kNone, kTcp4, kTcp6, kUdp };

  std::uint16_t length = 0;
  bool needs_checksum = false;
  bool checksum_valid = false;
  Gso gso = Gso::kNone;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;

  // Nothing for flags or a segmentation that do not exist, or a length that no IP packet has.
  static std::optional<PacketHeader> parse(std::span<const std::uint8_t, kSize> bytes);
  std::array<std::uint8_t, kSize> serialize() const;

  friend bool operator==(const PacketHeader&, const PacketHeader&) = default;
};

class PacketStreamReader {
 public:
  // Where the next bytes of the stream go; never empty.
  base::MutableBytes free_space();
  void filled(std::size_t count);

  struct Packet {
    PacketHeader header;
    base::MutableBytes bytes;  // good until the next call of free_space()
  };
  struct Broken {};
  // The next whole packet; empty when there is none yet. Broken is for good: what follows cannot be
  // told apart any more.
  std::expected<std::optional<Packet>, Broken> next();

 private:
  static constexpr std::size_t kCapacity = 2 * (PacketHeader::kSize + 65535);

  base::Buffer buffer_{kCapacity};
  std::size_t start_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sallyport::xen
