#include "net/nat/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace sallyport::net {
namespace {

std::uint64_t tick_at(base::Instant now) {
  return static_cast<std::uint64_t>(now.time_since_epoch() / TimerWheel::kTick);
}

// The first tick that is not before the deadline.
std::uint64_t tick_after(base::Instant deadline) {
  return tick_at(deadline + TimerWheel::kTick - base::Duration(1));
}

}  // namespace

void TimerWheel::schedule(std::uint32_t id, base::Instant deadline, base::Instant now) {
  advance(now);
  const Slot slot = slot_for(std::max(tick_after(deadline), current_));
  lists_.push_back(slot.list(), id);
  occupied_[slot.level] |= std::uint64_t{1} << slot.number % kSlots;
}

TimerWheel::Slot TimerWheel::slot_for(std::uint64_t tick) const {
  for (unsigned level = 0;; ++level) {
    const std::uint64_t first = current_ >> (kSlotBits * level);
    const std::uint64_t number = tick >> (kSlotBits * level);
    if (number - first < kSlots) return {level, number};
    if (level + 1 == kLevels) return {level, first + kSlots - 1};
  }
}

void TimerWheel::cancel(std::uint32_t id) {
  const auto list = lists_.list_of(id);
  CHECK(list.has_value());
  remove(id, *list);
}

void TimerWheel::remove(std::uint32_t id, std::uint32_t list) {
  lists_.remove(id);
  if (lists_.size(list) == 0) occupied_[list / kSlots] &= ~(std::uint64_t{1} << list % kSlots);
}

void TimerWheel::clear() {
  lists_.clear();
  occupied_ = {};
}

std::optional<std::uint32_t> TimerWheel::pop_due(base::Instant now) {
  advance(now);
  const auto slot = earliest();
  if (!slot || slot->start() > tick_at(now)) return std::nullopt;
  const auto id = lists_.front(slot->list());
  CHECK(id.has_value());
  remove(*id, slot->list());
  return id;
}

std::optional<base::Instant> TimerWheel::next_deadline() const {
  const auto slot = earliest();
  if (!slot) return std::nullopt;
  return base::Instant(kTick * static_cast<std::int64_t>(slot->start()));
}

std::optional<TimerWheel::Slot> TimerWheel::earliest() const {
  std::optional<Slot> best;
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const std::uint64_t first = current_ >> (kSlotBits * level);
    const std::uint64_t ahead = std::rotr(occupied_[level], static_cast<int>(first % kSlots));
    const Slot slot{level, first + static_cast<unsigned>(std::countr_zero(ahead))};
    if (!best || slot.start() < best->start()) best = slot;
  }
  return best;
}

// Up to now, but not past a slot that is still to be emptied.
void TimerWheel::advance(base::Instant now) {
  const auto slot = earliest();
  const std::uint64_t tick = tick_at(now);
  current_ = std::max(current_, slot ? std::min(tick, slot->start()) : tick);
}

}  // namespace sallyport::net
