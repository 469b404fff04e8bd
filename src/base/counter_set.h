// One counter per value of an enum that ends in kCount: how drops are reported instead of logged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::base {

template <class Enum>
class CounterSet {
 public:
  static constexpr std::size_t kSize = static_cast<std::size_t>(Enum::kCount);

  void add(Enum which, std::uint64_t amount = 1) { values_[index(which)] += amount; }
  CounterSet& operator+=(const CounterSet& other) {
    for (std::size_t i = 0; i < kSize; ++i) values_[i] += other.values_[i];
    return *this;
  }
  std::uint64_t operator[](Enum which) const { return values_[index(which)]; }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t value : values_) sum += value;
    return sum;
  }

  // Calls visit(Enum, count) for every value, in declaration order.
  template <class Visitor>
  void each(Visitor visit) const {
    for (std::size_t i = 0; i < kSize; ++i) visit(static_cast<Enum>(i), values_[i]);
  }

 private:
  static constexpr std::size_t index(Enum which) { return static_cast<std::size_t>(which); }

  std::array<std::uint64_t, kSize> values_{};
};

}  // namespace sallyport::base
