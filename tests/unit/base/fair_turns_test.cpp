#include "base/fair_turns.h"

#include <array>
#include <vector>

#include "test.h"

namespace sallyport::base {
namespace {

constexpr std::size_t kQuantum = 16'000;

TEST_SUITE("base/fair_turns") {
  TEST_CASE(
      "all who always have more get the same, wherever they stand and in pieces of any size") {
    FairTurns<std::size_t> turns(kQuantum);
    const std::array<std::size_t, 4> piece{64'000, 2'000, 3'500, 12'000};
    std::array<std::size_t, 4> got{};
    for (std::size_t i = 0; i < piece.size(); ++i) turns.add(i);
    for (std::size_t all = 0; all < 40'000'000;) {
      const std::size_t who = turns.next();
      got[who] += piece[who];
      all += piece[who];
      turns.took(who, piece[who], true);
    }
    for (const std::size_t bytes : got) {
      EXPECT(bytes > 9'900'000);
      EXPECT(bytes < 10'100'000);
    }
  }

  TEST_CASE("who comes with a little is next, however many wait") {
    FairTurns<int> turns(kQuantum);
    for (int i = 0; i < 10; ++i) turns.add(i);
    for (int i = 0; i < 100; ++i) {
      turns.took(turns.next(), 1'500, true);
    }
    // Those that came together have used up what newcomers may.
    for (int i = 0; i < 10; ++i) {
      turns.took(turns.next(), kQuantum, true);
    }
    turns.add(77);
    EXPECT(turns.next() == 77);
  }

  TEST_CASE("who comes again and again does not keep the others from their turns") {
    FairTurns<int> turns(kQuantum);
    turns.add(1);
    turns.took(1, 2 * kQuantum, true);
    int others = 0;
    for (int i = 0; i < 100; ++i) {
      turns.add(2);
      const int who = turns.next();
      others += who == 1;
      turns.took(who, who == 1 ? kQuantum : 100, who == 1);
    }
    EXPECT(others > 20);
  }

  TEST_CASE("turns that bring nothing do not go on for ever") {
    FairTurns<int> turns(kQuantum);
    turns.add(1);
    turns.add(2);
    for (int i = 0; i < 20; ++i) {
      if (turns.next() == 2) return;
      turns.took(1, 0, true);
    }
    FAIL("the other one had no turn");
  }

  TEST_CASE("who has no more leaves, and who is removed is not asked") {
    FairTurns<int> turns(kQuantum);
    turns.add(1);
    turns.add(1);
    EXPECT(turns.size() == 1);
    turns.took(1, 10, false);
    EXPECT(turns.empty());
    turns.add(1);
    turns.add(2);
    turns.remove(1);
    EXPECT(turns.next() == 2);
    EXPECT_FALSE(turns.holds(1));
  }
}

}  // namespace
}  // namespace sallyport::base
