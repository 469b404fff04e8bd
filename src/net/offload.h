// What a packet's neighbour left for us to do, or we leave for it: segmentation and checksums.
// Transport-neutral; io translates it from and to virtio_net_hdr, xen from and to netif
// extra-infos.
#pragma once

#include <cstdint>

namespace sallyport::net {

// Which kind of super-packet it is: one header in front of the payload of many segments.
enum class Gso : std::uint8_t { kNone, kTcp4, kTcp6, kUdp };

struct Offload {
  // The least TCP payload per segment and the most UDP segments we split into: a guest may name any
  // size, and work per byte must stay bounded. Linux never asks for less than 48 bytes of MSS or
  // more than 128 datagrams.
  static constexpr std::uint16_t kMinTcpSegment = 48;
  static constexpr std::uint32_t kMaxUdpSegments = 128;

  Gso gso = Gso::kNone;
  // Payload bytes of every segment but the last; 0 without gso.
  std::uint16_t segment_size = 0;
  // The TCP or UDP checksum is partial: its field holds the folded, not inverted sum of the
  // pseudo-header, and the rest is still to be summed. Always so with gso.
  bool needs_checksum = false;
  // Somebody we trust has found the transport checksum correct; it need not be looked at again.
  bool checksum_valid = false;
  // Where summing starts, from the first byte of the IP header, and where in that data the checksum
  // field is: virtio's csum_start and csum_offset. Both 0 where the neighbour does not say (Xen):
  // the transport header then decides.
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;

  friend bool operator==(const Offload&, const Offload&) = default;
};

}  // namespace sallyport::net
