// Deadlines of many records at constant cost: three wheels of 64 slots, turning by seconds, by 64 s
// and by 4096 s. A record in a slower wheel comes out when its slot begins, up to 4096 s before its
// deadline; whoever takes it out looks at the deadline again, and puts it back if it has moved or
// is still ahead. So a packet only writes its record's deadline, and does not touch the wheel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "net/nat/index_lists.h"

namespace sallyport::net {

class TimerWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::seconds(1);

  TimerWheel() : lists_(kLevels * kSlots) {}

  // `id` is not in the wheel. A deadline beyond the 73 hours of the wheel comes out early, too.
  void schedule(std::uint32_t id, base::Instant deadline, base::Instant now);
  // `id` is in the wheel.
  void cancel(std::uint32_t id);
  // See IndexLists.
  void shrink(std::uint32_t limit) { lists_.shrink(limit); }
  void clear();

  // Takes out one record whose time may have come: never later than a tick after its deadline.
  std::optional<std::uint32_t> pop_due(base::Instant now);
  // When pop_due() will next have something.
  std::optional<base::Instant> next_deadline() const;

 private:
  static constexpr unsigned kLevels = 3;
  static constexpr unsigned kSlots = 64;
  static constexpr unsigned kSlotBits = 6;

  struct Slot {
    unsigned level;
    // Counted from the epoch, in units of its level.
    std::uint64_t number;

    std::uint64_t start() const { return number << (kSlotBits * level); }
    std::uint32_t list() const {
      return level * kSlots + static_cast<std::uint32_t>(number % kSlots);
    }
  };

  Slot slot_for(std::uint64_t tick) const;
  std::optional<Slot> earliest() const;
  void advance(base::Instant now);
  void remove(std::uint32_t id, std::uint32_t list);

  IndexLists lists_;
  // One bit for each slot of a level that is not empty.
  std::array<std::uint64_t, kLevels> occupied_{};
  // No occupied slot starts before this tick, and all are within 64 of it on their level.
  std::uint64_t current_ = 0;
};

}  // namespace sallyport::net
