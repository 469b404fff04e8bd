#include "openvpn/session/silence_watch.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::milliseconds;
using Step = SilenceWatch::Step;

base::Instant at(int millisecond) {
  return base::Instant(milliseconds(millisecond));
}

TEST_SUITE("openvpn/silence_watch") {
  TEST_CASE("who answers nothing is asked three times, a second apart, and is then gone") {
    SilenceWatch watch;
    EXPECT_FALSE(watch.next_deadline().has_value());
    watch.sent(at(0));
    for (const int asked : {1000, 2000, 3000}) {
      EXPECT(watch.next_deadline() == at(asked));
      watch.sent(at(asked - 1));
      EXPECT(watch.handle_timeout(at(asked - 1)) == Step::kNothing);
      EXPECT(watch.handle_timeout(at(asked)) == Step::kAsk);
    }
    EXPECT(watch.handle_timeout(at(3999)) == Step::kNothing);
    EXPECT(watch.handle_timeout(at(4000)) == Step::kGone);
    EXPECT_FALSE(watch.next_deadline().has_value());
  }

  TEST_CASE("any answer ends the doubt, and silence when nothing was sent raises none") {
    SilenceWatch watch;
    watch.sent(at(0));
    EXPECT(watch.handle_timeout(at(1000)) == Step::kAsk);
    watch.received();
    EXPECT(watch.handle_timeout(at(90000)) == Step::kNothing);
    watch.sent(at(90000));
    EXPECT(watch.next_deadline() == at(91000));
  }

  TEST_CASE("a machine that slept asks before it gives up") {
    SilenceWatch watch;
    watch.sent(at(0));
    EXPECT(watch.handle_timeout(at(50'000'000)) == Step::kAsk);
    EXPECT(watch.handle_timeout(at(50'000'500)) == Step::kNothing);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
