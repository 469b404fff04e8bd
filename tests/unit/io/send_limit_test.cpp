#include "io/send_limit.h"

#include "test.h"

namespace sallyport::io {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

base::Instant at(std::int64_t microsecond) {
  return base::Instant(std::chrono::seconds(100) + microseconds(microsecond));
}

// A socket that is kept full, on an uplink of so many bytes a second; returns the time it ends at.
std::int64_t fill(SendLimit& limit, std::int64_t rate, int times, std::int64_t now = 0) {
  for (int i = 0; i < times; ++i) {
    limit.full(at(now));
    now += static_cast<std::int64_t>(limit.socket()) / 2 * 1'000'000 / rate;
    limit.writable(at(now));
  }
  return now;
}

TEST_SUITE("io/send_limit") {
  TEST_CASE("what may wait is what leaves in 15 ms, on slow and on fast uplinks") {
    struct Case {
      std::int64_t rate;
      std::size_t expected;
    };
    for (const auto& [rate, expected] : {Case{1'250'000, 18'750}, Case{10'000'000, 150'000}}) {
      SendLimit limit;
      fill(limit, rate, 8);
      EXPECT(limit.socket() >= expected * 9 / 10);
      EXPECT(limit.socket() <= expected * 11 / 10);
      EXPECT(limit.batch() == limit.socket() / 2);
    }
  }

  TEST_CASE("a slow uplink is known after the first time that the socket was full") {
    SendLimit limit;
    fill(limit, 1'250'000, 1);
    EXPECT(limit.socket() <= 20'000);
  }

  TEST_CASE("there is a least, for the slowest uplink, and a most, which needs no privileges") {
    SendLimit slow, fast;
    fill(slow, 10'000, 5);
    EXPECT(slow.socket() == SendLimit::kLeast);
    fill(fast, 1'000'000'000, 12);
    EXPECT(fast.socket() == SendLimit::kMost);
  }

  TEST_CASE("one long gap is forgotten within some milliseconds of full speed") {
    SendLimit limit;
    fill(limit, 100'000'000, 12);
    limit.full(at(1'000'000));
    limit.writable(at(3'000'000));
    EXPECT(limit.socket() == SendLimit::kLeast);
    EXPECT(fill(limit, 100'000'000, 7, 3'000'000) < 3'010'000);
    EXPECT(limit.socket() == SendLimit::kMost);
  }

  TEST_CASE("batches grow while nothing is full, and are small as soon as something is") {
    SendLimit limit;
    const std::size_t first = limit.batch();
    limit.took(at(0), first - 1);
    EXPECT(limit.batch() == first);
    for (int i = 0; i < 10; ++i) limit.took(at(i), 1 << 20);
    EXPECT(limit.batch() == 512 * 1024);
    limit.full(at(20));
    EXPECT(limit.batch() == limit.socket() / 2);
    limit.writable(at(30'000));
    const std::size_t small = limit.batch();
    limit.took(at(129'000), 1 << 20);
    EXPECT(limit.batch() == small);
    limit.took(at(131'000), 1 << 20);
    EXPECT(limit.batch() == 2 * small);
  }
}

}  // namespace
}  // namespace sallyport::io
