// One batch of a Tx ring's packets on their way to us: the grant copies to run, then the packets.
// It is scratch: one serves all rings in turn, and TxRing::begin() starts it anew. Nothing in it is
// allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "netback/grant_copy.h"
#include "netback/offload.h"
#include "netback/shared_ring.h"
#include "netback/wire.h"

namespace sallyport::netback {

class TxChain;

class TxBatch {
 public:
  // The slots of a ring are the most that can be taken at a time.
  static constexpr std::size_t kMaxSlots = SharedRing::kSlots;

  struct Packet {
    // From the destination MAC on, inside the pool that begin() was given; free to be changed.
    base::MutableBytes bytes;
    Offload offload;
  };

  // No slot was taken, or finish() has answered for all: there is nothing to run or to finish.
  bool empty() const { return slot_count_ == 0; }

  // After begin(): to be run in one call, in any order, each marked as done or not. May be empty
  // where every packet was refused.
  std::span<CopyFromGuest> copies() { return std::span(copies_).first(copy_count_); }

  // After finish(), until the next begin(): the packets that are whole, in the guest's order.
  std::span<const Packet> packets() const { return std::span(packets_).first(packet_count_); }

 private:
  friend class TxRing;

  // A packet's parts, as positions in the arrays.
  struct Parts {
    std::size_t first_slot = 0;
    std::size_t slot_count = 0;
    std::size_t first_copy = 0;
    std::size_t copy_count = 0;
  };

  void clear() { slot_count_ = copy_count_ = packet_count_ = 0; }
  // A packet whose slots start at slot_count_, to be copied to `bytes`.
  void add_packet(const TxChain& chain, base::MutableBytes bytes);
  // After the copies: keeps the packets of which each succeeded, owes kError for the others, and
  // says how many those were.
  std::size_t settle_packets();

  std::array<TxResponse, kMaxSlots> responses_;  // what is owed for each slot
  std::array<CopyFromGuest, kMaxSlots> copies_;
  std::array<Packet, kMaxSlots> packets_;
  std::array<Parts, kMaxSlots> parts_;  // of packets_ at the same place, until finish()
  std::size_t slot_count_ = 0;
  std::size_t copy_count_ = 0;
  std::size_t packet_count_ = 0;
};

}  // namespace sallyport::netback
