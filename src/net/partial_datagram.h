// One datagram of which some fragments have come. Judges each fragment against the others (RFC
// 8200 4.5, RFC 5722); how many datagrams there may be, and for how long, is net/reassembly.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "net/packet.h"

namespace sallyport::net {

// Why a fragment did not complete a datagram and is gone.
enum class ReassemblyDrop : std::uint8_t {
  kDuplicate,   // the same bytes again; the datagram goes on
  kOverlap,     // drops the datagram
  kAfterDrop,   // of a datagram that was dropped before
  kEnd,         // a second end, or bytes behind the end; drops the datagram
  kTooLong,     // more than 65535 bytes in all; drops the datagram
  kTooMany,     // more fragments than kMaxFragments; drops the datagram
  kCongestion,  // marked and unmarkable fragments mixed (RFC 3168 5.3); drops the datagram
  kNoRoom,      // the owner's share is used up; drops the datagram
  kMalformed,   // together they are no packet
  kCount,
};

class PartialDatagram {
 public:
  // 65535 bytes in fragments of 576, with some to spare.
  static constexpr std::size_t kMaxFragments = 128;

  PartialDatagram(const Packet& fragment, base::Instant deadline);

  // RFC 791 3.2, RFC 8200 4.5: what makes fragments belong together.
  bool includes(const Packet& fragment) const;
  // What speaks against adding the fragment; nothing is changed.
  std::optional<ReassemblyDrop> judge(const Packet& fragment) const;
  // Copies what judge() had nothing against.
  void add(const Packet& fragment);
  bool is_complete() const;
  // The whole packet, when it is complete: the first fragment's header, with DF cleared, before all
  // the data. Empty when it is too long for a packet.
  std::optional<std::vector<std::uint8_t>> assemble() const;

  // Forgets all bytes, and stays as what makes later fragments kAfterDrop.
  void drop();
  bool is_dropped() const { return dropped_; }

  base::Instant deadline() const { return deadline_; }
  const IpAddress& source() const { return source_; }
  // For the owner's account: what was charged for this datagram.
  std::uint64_t charged = 0;

 private:
  struct Piece {
    std::uint32_t offset;
    std::vector<std::uint8_t> data;

    std::uint32_t end() const { return offset + static_cast<std::uint32_t>(data.size()); }
  };

  // The first piece that ends behind `offset`.
  std::vector<Piece>::const_iterator piece_behind(std::uint32_t offset) const;
  void write_ipv4_header(base::MutableBytes packet) const;
  void write_ipv6_header(base::MutableBytes packet) const;
  bool is_congested() const;

  std::uint8_t version_;
  // IPv4 has one identification space for each (RFC 791 3.2); IPv6 does not look at it.
  std::optional<IpProtocol> protocol_;
  std::uint32_t id_;
  IpAddress source_;
  IpAddress destination_;
  base::Instant deadline_;
  bool dropped_ = false;

  // Sorted by offset, no two overlap.
  std::vector<Piece> pieces_;
  std::uint32_t received_ = 0;
  // Where the last fragment ends; 0 while it has not come.
  std::uint32_t end_ = 0;
  // The first fragment's bytes before the data; IPv6: before the fragment header.
  std::vector<std::uint8_t> header_;
  // What its fragment header names (IPv6).
  std::uint8_t next_header_ = 0;
  // One bit for each of the four ECN code points that was seen.
  std::uint8_t ecn_seen_ = 0;
};

}  // namespace sallyport::net
