// A source of "randomness" that is the same in every run: a 64-bit permutation of a counter
// (splitmix64).
#pragma once

#include "base/rng.h"

namespace sallyport::testing {

class CountingRng final : public base::Rng {
 public:
  explicit CountingRng(std::uint64_t seed = 1) : state_(seed) {}

  void fill(base::MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(next() >> 32);
  }

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }

 private:
  std::uint64_t state_;
};

}  // namespace sallyport::testing
