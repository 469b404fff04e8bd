// Numbered records that stay where they are. Memory comes in chunks as it is needed, and each goes
// back when nothing is left in it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "base/check.h"

namespace sallyport::net {

template <class T>
class ChunkedPool {
 public:
  // A record's number and which life of it is meant: numbers are used again, pairs are not (until
  // four thousand million lives later).
  struct Ref {
    std::uint32_t id = 0;
    std::uint32_t generation = 0;

    friend bool operator==(const Ref&, const Ref&) = default;
  };

  // A record of default value.
  std::uint32_t allocate() {
    if (with_room_.empty()) grow();
    const std::uint32_t number = *with_room_.begin();
    Chunk& chunk = *chunks_[number];
    const std::uint32_t id = number * kChunk + chunk.free[--chunk.room];
    if (chunk.room == 0) with_room_.erase(number);
    Entry& fresh = entry(id);
    fresh.value = T{};
    // Zero is nobody's generation.
    if (++last_generation_ == 0) ++last_generation_;
    fresh.generation = last_generation_;
    ++live_;
    return id;
  }

  void release(std::uint32_t id) {
    CHECK(is_live(id));
    entry(id).generation = 0;
    if (--live_ == 0 && id >= kChunk) return clear();
    const std::uint32_t number = id / kChunk;
    Chunk& chunk = *chunks_[number];
    chunk.free[chunk.room++] = static_cast<std::uint16_t>(id % kChunk);
    with_room_.insert(number);
    // The only one with room stays, or it would go and come with every record.
    if (chunk.room == kChunk && with_room_.size() > 1) give_back(number);
  }

  void clear() {
    chunks_ = std::vector<std::unique_ptr<Chunk>>();
    with_room_.clear();
    live_ = 0;
  }

  T& operator[](std::uint32_t id) { return entry(id).value; }
  const T& operator[](std::uint32_t id) const { return entry(id).value; }

  bool is_live(std::uint32_t id) const { return has(id) && entry(id).generation != 0; }
  bool is_live(Ref ref) const {
    return ref.generation != 0 && has(ref.id) && entry(ref.id).generation == ref.generation;
  }
  Ref ref(std::uint32_t id) const { return {id, entry(id).generation}; }

  std::size_t size() const { return live_; }
  // All ids are below this.
  std::uint32_t limit() const { return static_cast<std::uint32_t>(chunks_.size() * kChunk); }
  // Records for which there is memory.
  std::size_t capacity() const {
    const auto held =
        std::ranges::count_if(chunks_, [](const auto& chunk) { return chunk != nullptr; });
    return static_cast<std::size_t>(held) * kChunk;
  }

 private:
  static constexpr std::uint32_t kChunk = 256;

  struct Entry {
    T value{};
    std::uint32_t generation = 0;
  };
  struct Chunk {
    std::array<Entry, kChunk> entries{};
    // The first `room` of these are the free ones, the next to be used last.
    std::array<std::uint16_t, kChunk> free{};
    std::uint32_t room = kChunk;
  };

  bool has(std::uint32_t id) const { return id < limit() && chunks_[id / kChunk] != nullptr; }
  Entry& entry(std::uint32_t id) { return chunks_[id / kChunk]->entries[id % kChunk]; }
  const Entry& entry(std::uint32_t id) const { return chunks_[id / kChunk]->entries[id % kChunk]; }

  void grow() {
    auto place = std::ranges::find_if(chunks_, [](const auto& chunk) { return !chunk; });
    if (place == chunks_.end()) place = chunks_.insert(place, nullptr);
    *place = std::make_unique<Chunk>();
    // The lowest number goes first.
    for (std::uint32_t i = 0; i < kChunk; ++i)
      (*place)->free[i] = static_cast<std::uint16_t>(kChunk - 1 - i);
    with_room_.insert(static_cast<std::uint32_t>(place - chunks_.begin()));
  }
  void give_back(std::uint32_t number) {
    chunks_[number].reset();
    with_room_.erase(number);
    while (!chunks_.empty() && chunks_.back() == nullptr) chunks_.pop_back();
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  // The lowest is filled first, so that a table that has become small comes to be in few.
  std::set<std::uint32_t> with_room_;
  std::size_t live_ = 0;
  std::uint32_t last_generation_ = 0;
};

}  // namespace sallyport::net
