// Finds the number of a record by the hash of its key: open addressing with linear probing in one
// flat array, so that a look-up costs one cache line here and one in the record. The records and
// the keys are the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::net {

class HashIndex {
 public:
  // The record under `hash` for which is_it(id) is true. Ids of other keys are offered only when
  // their whole hash is the same.
  template <class IsIt>
  std::optional<std::uint32_t> find(std::uint32_t hash, IsIt is_it) const {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t at = home(hash); slots_[at].id != kEmpty; at = next(at)) {
      if (slots_[at].hash == hash && is_it(slots_[at].id)) return slots_[at].id;
    }
    return std::nullopt;
  }

  // `id` is not in the index yet. The array doubles now and then; its hashes are kept, so that this
  // reads no record: two milliseconds the time that it grows to hold 131072.
  void insert(std::uint32_t hash, std::uint32_t id);
  // Takes out what was inserted with these two. The array halves when it is much too large.
  void erase(std::uint32_t hash, std::uint32_t id);
  // Gives the memory back, too.
  void clear();

  std::size_t size() const { return size_; }
  // Entries for which there is memory.
  std::size_t capacity() const { return slots_.size(); }

 private:
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;
  static constexpr std::size_t kLeastSlots = 64;
  // Slots for each entry, upon which half of them goes.
  static constexpr std::size_t kMuch = 8;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id = kEmpty;
  };

  std::size_t home(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void put(const Slot& slot);
  void resize(std::size_t slots);

  // A power of two, or none; never more than two thirds full.
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace sallyport::net
