// Splits a packet that is too long for a link into fragments. Only where a router may: IPv4 without
// DF (RFC 791 2.3), and packets of either family that came in fragments and were put together by
// net/reassembly.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "net/packet.h"

namespace sallyport::net {

class Fragmenter {
 public:
  // `packet` is whole, not a fragment, has its checksums complete, and outlives the Fragmenter.
  // `mtu` bounds each fragment's size. `id` is a fresh identification (IPv4 takes its lower half):
  // the packet's own is unique only among its sender's, and NAT gives many senders one address (RFC
  // 6864 5.3). Empty when the packet may not be fragmented, or not to so small an MTU; the sender
  // is then owed an error.
  static std::optional<Fragmenter> make(const Packet& packet, std::size_t mtu, std::uint32_t id);

  std::size_t count() const { return count_; }
  std::size_t size(std::size_t index) const;
  // Writes fragment `index` into the first size(index) bytes of `out`.
  void write(std::size_t index, base::MutableBytes out) const;

 private:
  // RFC 791 allows 60 for IPv4; for IPv6 the header, a usual hop-by-hop or routing header, the
  // fragment header.
  static constexpr std::size_t kMaxHeader = 128;

  Fragmenter(const Packet& packet, std::uint32_t id);
  void make_ipv4_headers();
  bool make_ipv6_header();
  base::Bytes header(std::size_t index) const;

  const Packet& packet_;
  std::uint32_t id_;
  // Where the part starts that is divided.
  std::size_t data_at_ = 0;
  // Bytes of it in every fragment but the last.
  std::size_t step_ = 0;
  std::size_t count_ = 0;
  std::array<std::uint8_t, kMaxHeader> first_header_{};
  std::array<std::uint8_t, kMaxHeader> later_header_{};
  std::size_t first_header_size_ = 0;
  std::size_t later_header_size_ = 0;
};

}  // namespace sallyport::net
