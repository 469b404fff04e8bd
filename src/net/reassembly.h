// Puts fragments together (RFC 791 3.2, RFC 8200 4.5), within bounds: an owner's fragments can fill
// its own share and no other's. A datagram with overlapping fragments is dropped whole, with all
// that still comes of it, in both families (RFC 5722 4): overlaps are only sent to get something
// past a filter. Fragments are the slow path: they are copied, and memory is taken and given back
// per datagram.
#pragma once

#include <cstdint>
#include <expected>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/strong.h"
#include "base/time.h"
#include "net/fair_share.h"
#include "net/packet.h"
#include "net/partial_datagram.h"

namespace sallyport::net {

// Whose fragments they are: a client, or the tunnel.
using FragmentOwner = base::Strong<struct FragmentOwnerTag, std::uint32_t>;

class Reassembly {
 public:
  // Datagrams that one owner can have open at a time; the oldest makes room for a new one. A source
  // that has kSourceShare of them makes room for its own, so that one stranger's flood does not
  // displace what others send to the tunnel.
  static constexpr std::size_t kMaxDatagrams = 64;
  static constexpr std::size_t kSourceShare = 8;
  // RFC 8200 says 60 s, RFC 1122 60 to 120 s, Linux 30 s. What takes longer was lost, and its room
  // is wanted.
  static constexpr base::Duration kTimeout = std::chrono::seconds(30);

  struct Limits {
    // The clients and the tunnel.
    std::uint64_t owners = 257;
    // One datagram of any size in fragments of any size.
    std::uint64_t reserve = 80 * 1024;
    // Beyond all reserves, for whoever comes first.
    std::uint64_t shared = 2 * 1024 * 1024;
  };

  // Datagrams that were given up with no fragment of theirs at hand to say so.
  struct Abandoned {
    std::uint64_t timed_out = 0;
    std::uint64_t evicted = 0;
  };

  Reassembly() : Reassembly(Limits{}) {}
  explicit Reassembly(const Limits& limits);

  // `fragment.is_fragment()` is true. Gives the whole packet when it was the last one missing: it
  // stays in a buffer of ours until the next call of add(), may be changed there, and may be
  // fragmented again. Nothing, without an error, while others are missing.
  std::expected<std::optional<Packet>, ReassemblyDrop> add(FragmentOwner owner,
                                                           const Packet& fragment,
                                                           base::Instant now);

  // Forgets all fragments of an owner.
  void remove_owner(FragmentOwner owner);

  // Gives up what has waited for kTimeout.
  void expire(base::Instant now);
  std::optional<base::Instant> next_deadline() const;

  // Charged to all owners, overhead included.
  std::uint64_t bytes_held() const { return share_.total_held(); }
  const Abandoned& abandoned() const { return abandoned_; }

 private:
  struct Owner {
    FairShare::Member held;
    // The oldest first; each has the same time to live, so they time out in this order.
    std::list<PartialDatagram> datagrams;
  };

  std::expected<std::optional<Packet>, ReassemblyDrop> add(Owner& owner, const Packet& fragment,
                                                           base::Instant now);
  PartialDatagram* find(Owner& owner, const Packet& fragment);
  PartialDatagram* open(Owner& owner, const Packet& fragment, base::Instant now);
  // Takes it from the owner's share, at the cost of its older datagrams but not of `datagram`.
  bool charge(Owner& owner, PartialDatagram& datagram, std::uint64_t bytes);
  void drop(Owner& owner, PartialDatagram& datagram);
  using Position = std::list<PartialDatagram>::iterator;
  // Which one goes for a datagram of that source; the owner has one.
  Position least_missed(Owner& owner, const IpAddress& source);
  // Counts it under `reason`, unless it was dropped before.
  void give_up(Owner& owner, Position at, std::uint64_t& reason);
  void expire(Owner& owner, base::Instant now);
  std::expected<std::optional<Packet>, ReassemblyDrop> finish(Owner& owner,
                                                              PartialDatagram& datagram);

  std::uint64_t max_owners_;
  FairShare share_;
  std::unordered_map<FragmentOwner, Owner> owners_;
  std::vector<std::uint8_t> assembled_;
  Abandoned abandoned_;
};

}  // namespace sallyport::net
