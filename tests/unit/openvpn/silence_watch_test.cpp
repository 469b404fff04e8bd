#include "openvpn/session/silence_watch.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::milliseconds;
using Step = SilenceWatch::Step;

constexpr std::size_t kPacket = 100;

base::Instant at(int millisecond) {
  return base::Instant(milliseconds(millisecond));
}

// How long it waits, from the first unanswered packet on, and how often it asked.
struct Waited {
  base::Duration time;
  int asked = 0;
};
Waited wait_for_gone(SilenceWatch& watch, base::Instant since) {
  for (Waited waited;;) {
    const base::Instant now = *watch.next_deadline();
    const Step step = watch.handle_timeout(now);
    waited.time = now - since;
    if (step == Step::kGone) return waited;
    waited.asked += step == Step::kAsk;
    REQUIRE(waited.asked < 1000);
  }
}

TEST_SUITE("openvpn/silence_watch") {
  TEST_CASE("who answers nothing is asked three times, a second apart, and is then gone") {
    SilenceWatch watch;
    EXPECT_FALSE(watch.next_deadline().has_value());
    watch.sent(at(0), kPacket);
    for (const int asked : {1000, 2000, 3000}) {
      EXPECT(watch.next_deadline() == at(asked));
      watch.sent(at(asked - 1), kPacket);
      EXPECT(watch.handle_timeout(at(asked - 1)) == Step::kNothing);
      EXPECT(watch.handle_timeout(at(asked)) == Step::kAsk);
    }
    EXPECT(watch.handle_timeout(at(3999)) == Step::kNothing);
    EXPECT(watch.handle_timeout(at(4000)) == Step::kGone);
    EXPECT_FALSE(watch.next_deadline().has_value());
  }

  TEST_CASE("any answer ends the doubt, and silence when nothing was sent raises none") {
    SilenceWatch watch;
    watch.sent(at(0), kPacket);
    EXPECT(watch.handle_timeout(at(1000)) == Step::kAsk);
    watch.received(at(1500));
    EXPECT(watch.handle_timeout(at(90000)) == Step::kNothing);
    watch.sent(at(90000), kPacket);
    EXPECT(watch.next_deadline() == at(91000));
  }

  TEST_CASE("who sent much waits as long as a slow path would need for it, and asks on") {
    SilenceWatch watch;
    watch.sent(at(0), 2 * SilenceWatch::kSlowPath);
    const Waited waited = wait_for_gone(watch, at(0));
    EXPECT(waited.time == milliseconds(5000));
    EXPECT(waited.asked == 3 + 4);
  }

  TEST_CASE("however much was sent, the wait has an end") {
    SilenceWatch watch;
    for (int i = 0; i < 1000; ++i) watch.sent(at(i), std::size_t{1} << 40);
    EXPECT(wait_for_gone(watch, at(0)).time == milliseconds(33000));
  }

  TEST_CASE("what an answer has put an end to counts no more") {
    SilenceWatch watch;
    watch.sent(at(0), 100 * SilenceWatch::kSlowPath);
    watch.received(at(900));
    watch.sent(at(1000), kPacket);
    EXPECT(wait_for_gone(watch, at(1000)).time == milliseconds(4000));
  }

  TEST_CASE("where an answer took long, the next may take twice as long, for half a minute") {
    for (const int pause : {10'000, 31'000}) {
      SilenceWatch watch;
      watch.sent(at(0), kPacket);
      for (const int asked : {1000, 2000, 3000}) watch.handle_timeout(at(asked));
      watch.received(at(3500));
      watch.sent(at(3500 + pause), kPacket);
      const base::Duration time = wait_for_gone(watch, at(3500 + pause)).time;
      if (pause < 30'000) {
        EXPECT(time == milliseconds(10'000));
      } else {
        EXPECT(time == milliseconds(4000));
      }
    }
  }

  TEST_CASE("a machine that slept asks before it gives up") {
    SilenceWatch watch;
    watch.sent(at(0), kPacket);
    EXPECT(watch.handle_timeout(at(50'000'000)) == Step::kAsk);
    EXPECT(watch.handle_timeout(at(50'000'500)) == Step::kNothing);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
