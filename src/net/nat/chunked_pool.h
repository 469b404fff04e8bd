// Numbered records that stay where they are. Memory comes in chunks as it is needed, and goes back
// when all is cleared: an idle gateway holds none.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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
    if (free_.empty()) grow();
    const std::uint32_t id = free_.back();
    free_.pop_back();
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
    free_.push_back(id);
    --live_;
  }

  void clear() {
    chunks_ = std::vector<std::unique_ptr<Chunk>>();
    free_ = std::vector<std::uint32_t>();
    live_ = 0;
  }

  T& operator[](std::uint32_t id) { return entry(id).value; }
  const T& operator[](std::uint32_t id) const { return entry(id).value; }

  bool is_live(std::uint32_t id) const { return id < limit() && entry(id).generation != 0; }
  bool is_live(Ref ref) const {
    return ref.generation != 0 && ref.id < limit() && entry(ref.id).generation == ref.generation;
  }
  Ref ref(std::uint32_t id) const { return {id, entry(id).generation}; }

  std::size_t size() const { return live_; }
  // All ids are below this.
  std::uint32_t limit() const { return static_cast<std::uint32_t>(chunks_.size() * kChunk); }

 private:
  static constexpr std::uint32_t kChunk = 256;

  struct Entry {
    T value{};
    std::uint32_t generation = 0;
  };
  using Chunk = std::array<Entry, kChunk>;

  Entry& entry(std::uint32_t id) { return (*chunks_[id / kChunk])[id % kChunk]; }
  const Entry& entry(std::uint32_t id) const { return (*chunks_[id / kChunk])[id % kChunk]; }

  void grow() {
    const std::uint32_t first = limit();
    chunks_.push_back(std::make_unique<Chunk>());
    // The lowest number goes first, so that a small table stays in one chunk.
    for (std::uint32_t i = kChunk; i-- > 0;) free_.push_back(first + i);
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
  std::uint32_t last_generation_ = 0;
};

}  // namespace sallyport::net
