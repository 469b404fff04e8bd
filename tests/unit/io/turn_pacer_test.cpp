#include "io/turn_pacer.h"

#include "test.h"

namespace sallyport::io {
namespace {

using std::chrono::microseconds;

base::Instant at(int micros) {
  return base::Instant(std::chrono::seconds(1) + microseconds(micros));
}

// Turns of `packets` each, every `step`, for ten milliseconds; the rest after the last.
base::Duration rest_after_stream(std::uint64_t packets, int step) {
  TurnPacer pacer;
  std::uint64_t total = 0;
  base::Duration rest{};
  for (int now = 0; now < 10'000; now += step) rest = pacer.rest_after(at(now), total += packets);
  return rest;
}

TEST_SUITE("io/turn_pacer") {
  TEST_CASE("a bulk transfer rests after each turn, whether packets come singly or in batches") {
    EXPECT(rest_after_stream(1, 20) == TurnPacer::kRest);
    EXPECT(rest_after_stream(10, 200) == TurnPacer::kRest);
  }

  TEST_CASE("one request and its answer after the other are never delayed") {
    // Four packets of a transaction that takes 200 microseconds, and a ping now and then.
    EXPECT(rest_after_stream(4, 200) == base::Duration::zero());
    EXPECT(rest_after_stream(2, 5000) == base::Duration::zero());
  }

  TEST_CASE("the first packet after a pause is not delayed by what was before it") {
    TurnPacer pacer;
    for (int now = 0; now < 5000; now += 20)
      pacer.rest_after(at(now), static_cast<std::uint64_t>(now / 20));
    EXPECT(pacer.rest_after(at(5000), 251) == TurnPacer::kRest);
    EXPECT(pacer.rest_after(at(1'000'000), 252) == base::Duration::zero());
  }
}

}  // namespace
}  // namespace sallyport::io
