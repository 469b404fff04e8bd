#include "openvpn/server/cookie.h"

#include <set>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

constexpr base::Duration kHandWindow = seconds(60);
constexpr base::Duration kSlot = kHandWindow / 2;
// In the middle of a slot.
constexpr base::Instant kNow(seconds(3015));
const Path kPath{0, base::IpAddress::v4(0xcb007105), 40000};
constexpr SessionId kClient(0x1122334455667788);

CookieJar jar(std::uint64_t seed = 1) {
  testing::CountingRng rng(seed);
  return CookieJar(base::random_bytes<CookieJar::kKeySize>(rng), kHandWindow);
}

TEST_SUITE("openvpn/cookie") {
  TEST_CASE("R22: a cookie is good in its time slot and the two after it, never before or later") {
    CookieJar cookies = jar();
    const SessionId cookie = cookies.make(kNow, kPath, kClient);
    EXPECT(cookie != SessionId{});
    EXPECT(cookies.is_good(kNow, kPath, kClient, cookie));
    EXPECT(cookies.is_good(kNow + kSlot, kPath, kClient, cookie));
    EXPECT(cookies.is_good(kNow + 2 * kSlot, kPath, kClient, cookie));
    EXPECT_FALSE(cookies.is_good(kNow + 3 * kSlot, kPath, kClient, cookie));
    EXPECT_FALSE(cookies.is_good(kNow - kSlot, kPath, kClient, cookie));
    EXPECT_FALSE(cookies.is_good(kNow - 3 * kSlot, kPath, kClient, cookie));
  }

  TEST_CASE("R22: a wrong cookie is refused, in whichever bit it is wrong") {
    CookieJar cookies = jar();
    const SessionId cookie = cookies.make(kNow, kPath, kClient);
    for (int bit = 0; bit < 64; ++bit) {
      const SessionId wrong(cookie.value() ^ std::uint64_t{1} << bit);
      EXPECT_FALSE(cookies.is_good(kNow, kPath, kClient, wrong));
    }
    EXPECT_FALSE(cookies.is_good(kNow, kPath, kClient, SessionId{}));
  }

  TEST_CASE("a cookie is good for one address, port, socket and client session only") {
    CookieJar cookies = jar();
    const SessionId cookie = cookies.make(kNow, kPath, kClient);
    Path other = kPath;
    other.port += 1;
    EXPECT_FALSE(cookies.is_good(kNow, other, kClient, cookie));
    other = kPath;
    other.socket = 1;
    EXPECT_FALSE(cookies.is_good(kNow, other, kClient, cookie));
    other = kPath;
    other.address = base::IpAddress::v4(0xcb007106);
    EXPECT_FALSE(cookies.is_good(kNow, other, kClient, cookie));
    // The same bits as an address of IPv6 are another address.
    other.address = *base::IpAddress::parse("::cb00:7105");
    EXPECT_FALSE(cookies.is_good(kNow, other, kClient, cookie));
    EXPECT_FALSE(cookies.is_good(kNow, kPath, SessionId(7), cookie));
  }

  TEST_CASE("another server takes a cookie only with the same key") {
    const SessionId cookie = jar(1).make(kNow, kPath, kClient);
    EXPECT(jar(1).is_good(kNow, kPath, kClient, cookie));
    EXPECT_FALSE(jar(2).is_good(kNow, kPath, kClient, cookie));
  }

  TEST_CASE("the first moments of a machine have cookies too") {
    CookieJar cookies = jar();
    const base::Instant begin(seconds(1));
    const SessionId cookie = cookies.make(begin, kPath, kClient);
    EXPECT(cookies.is_good(begin, kPath, kClient, cookie));
    EXPECT(cookies.is_good(begin + 2 * kSlot, kPath, kClient, cookie));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
