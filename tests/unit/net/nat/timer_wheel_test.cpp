#include "net/nat/timer_wheel.h"

#include <map>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Instant kStart{seconds(1'000'000) + milliseconds(300)};

// Runs the wheel as its users do: what comes out early goes back. Tells when each record was due.
std::map<std::uint32_t, base::Instant> run(TimerWheel& wheel,
                                           const std::map<std::uint32_t, base::Instant>& deadlines,
                                           base::Instant until, int& wake_ups) {
  std::map<std::uint32_t, base::Instant> fired;
  while (const auto next = wheel.next_deadline()) {
    if (*next > until) break;
    ++wake_ups;
    while (const auto id = wheel.pop_due(*next)) {
      if (deadlines.at(*id) <= *next) {
        fired[*id] = *next;
      } else {
        wheel.schedule(*id, deadlines.at(*id), *next);
      }
    }
  }
  return fired;
}

TEST_SUITE("net/nat/timer_wheel") {
  TEST_CASE("an empty wheel has no deadline") {
    TimerWheel wheel;
    EXPECT_FALSE(wheel.next_deadline().has_value());
    EXPECT_FALSE(wheel.pop_due(kStart).has_value());
  }

  TEST_CASE("every record is due within a second after its deadline and never before") {
    testing::CountingRng rng;
    for (int round = 0; round < 50; ++round) {
      TimerWheel wheel;
      std::map<std::uint32_t, base::Instant> deadlines;
      for (std::uint32_t id = 0; id < 200; ++id) {
        const std::uint32_t scale = std::array{50u, 5'000u, 300'000u}[id % 3];
        deadlines[id] = kStart + milliseconds(base::random_below(rng, scale * 1000));
        wheel.schedule(id, deadlines[id], kStart);
      }
      int wake_ups = 0;
      const auto fired = run(wheel, deadlines, kStart + hours(1000), wake_ups);
      REQUIRE(fired.size() == deadlines.size());
      for (const auto& [id, when] : fired) {
        REQUIRE(when >= deadlines[id]);
        REQUIRE(when < deadlines[id] + TimerWheel::kTick);
      }
    }
  }

  TEST_CASE("a distant deadline costs a handful of wake-ups") {
    TimerWheel wheel;
    const std::map<std::uint32_t, base::Instant> deadlines{{1, kStart + hours(2)}};
    wheel.schedule(1, deadlines.at(1), kStart);
    int wake_ups = 0;
    EXPECT(run(wheel, deadlines, kStart + hours(3), wake_ups).size() == 1);
    EXPECT(wake_ups <= 3);
  }

  TEST_CASE("a jump over hours of suspend finds all that is due") {
    TimerWheel wheel;
    for (std::uint32_t id = 0; id < 100; ++id)
      wheel.schedule(id, kStart + seconds(id * 60), kStart);
    const base::Instant late = kStart + hours(9);
    int due = 0;
    while (wheel.pop_due(late)) ++due;
    EXPECT(due == 100);
    wheel.schedule(7, late + seconds(5), late);
    EXPECT_FALSE(wheel.pop_due(late + seconds(5)).has_value());
    EXPECT(wheel.pop_due(late + seconds(6)) == 7);
  }

  TEST_CASE("what is cancelled does not come out") {
    TimerWheel wheel;
    wheel.schedule(1, kStart + seconds(5), kStart);
    wheel.schedule(2, kStart + seconds(5), kStart);
    wheel.cancel(1);
    EXPECT(wheel.pop_due(kStart + seconds(60)) == 2);
    EXPECT_FALSE(wheel.next_deadline().has_value());
  }

  TEST_CASE("a deadline that has passed is due at once, one beyond the wheel comes early") {
    TimerWheel wheel;
    wheel.schedule(1, kStart - seconds(100), kStart);
    EXPECT(wheel.pop_due(kStart) == 1);
    wheel.schedule(2, kStart + hours(1000), kStart);
    REQUIRE(wheel.next_deadline().has_value());
    EXPECT(*wheel.next_deadline() < kStart + hours(100));
    EXPECT(*wheel.next_deadline() > kStart + hours(60));
  }
}

}  // namespace
}  // namespace sallyport::net
