#include "net/nat/hash_index.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sallyport::net {

void HashIndex::insert(std::uint32_t hash, std::uint32_t id) {
  CHECK(id != kEmpty);
  if ((size_ + 1) * 3 > slots_.size() * 2) resize(std::max(kLeastSlots, slots_.size() * 2));
  put({hash, id});
  ++size_;
}

void HashIndex::erase(std::uint32_t hash, std::uint32_t id) {
  CHECK(!slots_.empty());
  std::size_t hole = home(hash);
  while (slots_[hole].id != id) {
    CHECK(slots_[hole].id != kEmpty);
    hole = next(hole);
  }
  // What was pushed past the hole moves back into it, so that no probe ends early (Knuth 6.4,
  // algorithm R).
  for (std::size_t at = next(hole); slots_[at].id != kEmpty; at = next(at)) {
    const std::size_t mask = slots_.size() - 1;
    const std::size_t distance = (at - home(slots_[at].hash)) & mask;
    if (distance >= ((at - hole) & mask)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = {};
  --size_;
  if (slots_.size() > kLeastSlots && size_ * kMuch < slots_.size()) resize(slots_.size() / 2);
}

void HashIndex::clear() {
  slots_ = std::vector<Slot>();
  size_ = 0;
}

void HashIndex::put(const Slot& slot) {
  std::size_t at = home(slot.hash);
  while (slots_[at].id != kEmpty) at = next(at);
  slots_[at] = slot;
}

void HashIndex::resize(std::size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& slot : old) {
    if (slot.id != kEmpty) put(slot);
  }
}

}  // namespace sallyport::net
