#include "io/turn_pacer.h"

#include <chrono>

#include "test.h"

namespace sallyport::io {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr base::Duration kNone = base::Duration::zero();

base::Instant at(base::Duration since) {
  return base::Instant(std::chrono::seconds(1000) + since);
}

TEST_SUITE("io/turn_pacer") {
  TEST_CASE("one request and answer after the other are never delayed") {
    TurnPacer pacer;
    std::uint64_t packets = 0;
    for (int turn = 0; turn < 200; ++turn) {
      packets += 2;
      EXPECT(pacer.rest_after(at(microseconds(100 * turn)), packets) == kNone);
    }
  }

  TEST_CASE("dense traffic is, from the next window on and until it thins out") {
    TurnPacer pacer;
    std::uint64_t packets = 0;
    EXPECT(pacer.rest_after(at(kNone), packets) == kNone);
    packets += TurnPacer::kDensePackets;
    EXPECT(pacer.rest_after(at(microseconds(500)), packets) == kNone);
    EXPECT(pacer.rest_after(at(milliseconds(1)), packets) == TurnPacer::kRest);
    EXPECT(pacer.rest_after(at(microseconds(1500)), packets) == TurnPacer::kRest);
    EXPECT(pacer.rest_after(at(milliseconds(2)), packets) == kNone);
  }

  TEST_CASE("many packets after a long silence are a burst, not a flood") {
    TurnPacer pacer;
    EXPECT(pacer.rest_after(at(kNone), 0) == kNone);
    EXPECT(pacer.rest_after(at(milliseconds(100)), 100) == kNone);
    EXPECT(pacer.rest_after(at(milliseconds(200)), 100 + 100 * TurnPacer::kDensePackets) ==
           TurnPacer::kRest);
  }
}

}  // namespace
}  // namespace sallyport::io
