// Randomness is an argument too: pure layers draw from the Rng they are given. crypto::SystemRng is
// the real one.
#pragma once

#include <array>
#include <concepts>

#include "base/bytes.h"

namespace sallyport::base {

class Rng {
 public:
  virtual ~Rng() = default;
  // Fills `out` with bytes nobody can predict. It cannot fail: an implementation that can't deliver
  // aborts.
  virtual void fill(MutableBytes out) = 0;
};

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes(Rng& rng) {
  std::array<std::uint8_t, N> out{};
  rng.fill(out);
  return out;
}

template <std::unsigned_integral T>
T random_value(Rng& rng) {
  T value = 0;
  for (const std::uint8_t byte : random_bytes<sizeof(T)>(rng))
    value = static_cast<T>(value << 8 | byte);
  return value;
}

// Uniform in [0, limit); `limit` is at least 1. The modulo bias of a 64-bit draw over a small limit
// is below 2^-32 and of no use to anyone.
inline std::uint32_t random_below(Rng& rng, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random_value<std::uint64_t>(rng) % limit);
}

}  // namespace sallyport::base
