#include "base/counter_set.h"

#include <vector>

#include "test.h"

namespace sallyport::base {
namespace {

enum class Fruit { kApple, kPear, kPlum, kCount };

TEST_SUITE("base/counter_set") {
  TEST_CASE("counts each value by itself, and all together") {
    CounterSet<Fruit> counters;
    EXPECT(counters.total() == 0);
    counters.add(Fruit::kPear);
    counters.add(Fruit::kPear);
    counters.add(Fruit::kPlum, 1'000'000'000'000);
    EXPECT(counters[Fruit::kApple] == 0);
    EXPECT(counters[Fruit::kPear] == 2);
    EXPECT(counters[Fruit::kPlum] == 1'000'000'000'000);
    EXPECT(counters.total() == 1'000'000'000'002);
  }

  TEST_CASE("is visited in the order of the values, zeros included") {
    CounterSet<Fruit> counters;
    counters.add(Fruit::kPlum, 7);
    std::vector<std::pair<Fruit, std::uint64_t>> visited;
    counters.each([&](Fruit fruit, std::uint64_t count) { visited.emplace_back(fruit, count); });
    const std::vector<std::pair<Fruit, std::uint64_t>> expected{
        {Fruit::kApple, 0}, {Fruit::kPear, 0}, {Fruit::kPlum, 7}};
    EXPECT(visited == expected);
  }
}

}  // namespace
}  // namespace sallyport::base
