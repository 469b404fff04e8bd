#include "net/rate_limit.h"

#include "test.h"

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int taken(RateLimit& limit, base::Instant now) {
  int count = 0;
  while (count < 1000 && limit.take(now)) ++count;
  return count;
}

TEST_SUITE("net/rate_limit") {
  TEST_CASE("a burst is followed by the steady rate") {
    RateLimit limit(/*per_second=*/10, /*burst=*/5);
    base::Instant now{seconds(1000)};
    EXPECT(taken(limit, now) == 5);
    EXPECT(taken(limit, now + milliseconds(99)) == 0);
    EXPECT(taken(limit, now + milliseconds(100)) == 1);
    EXPECT(taken(limit, now + milliseconds(350)) == 2);
    // Half a token was saved on the way.
    EXPECT(taken(limit, now + milliseconds(400)) == 1);
  }

  TEST_CASE("silence saves up no more than a burst") {
    RateLimit limit(10, 5);
    base::Instant now{};
    EXPECT(taken(limit, now) == 5);
    EXPECT(taken(limit, now + seconds(86400)) == 5);
  }
}

}  // namespace
}  // namespace sallyport::net
