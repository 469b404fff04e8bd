#include "netback/spurious_events.h"

#include "test.h"

namespace sallyport::netback {
namespace {

using std::chrono::milliseconds;

TEST_SUITE("netback/spurious_events") {
  TEST_CASE("pauses come after sixteen in a row, double, and have an end") {
    SpuriousEvents events;
    for (unsigned i = 0; i < SpuriousEvents::kFree; ++i)
      REQUIRE(events.spurious() == base::Duration::zero());
    for (const int pause : {1, 2, 4, 8, 16, 32, 64, 128, 128, 128})
      EXPECT(events.spurious() == milliseconds(pause));
  }

  TEST_CASE("one event about something makes up for all before it") {
    SpuriousEvents events;
    for (int i = 0; i < 100; ++i) events.spurious();
    events.useful();
    for (unsigned i = 0; i < SpuriousEvents::kFree; ++i)
      REQUIRE(events.spurious() == base::Duration::zero());
    EXPECT(events.spurious() == SpuriousEvents::kShortest);
  }
}

}  // namespace
}  // namespace sallyport::netback
