#include "openvpn/session/loss_watch.h"

#include <chrono>

#include "test.h"

namespace sallyport::openvpn {
namespace {

base::Instant at(int second) {
  return base::Instant(std::chrono::seconds(second));
}

// Three packets a second from `from` to `to` are lost, and `used` are used meanwhile.
void lose(LossWatch& watch, DropReason reason, int from, int to, std::uint64_t used = 0,
          std::uint64_t used_a_second = 0) {
  for (int second = from; second < to; ++second) {
    for (int i = 0; i < 3; ++i) watch.lost(at(second), reason, used);
    used += used_a_second;
    watch.handle_timeout(at(second), used);
  }
}

TEST_SUITE("openvpn/loss_watch") {
  TEST_CASE("when all is lost for some seconds, it says for which reason") {
    for (const DropReason reason : {DropReason::kDataAuthentication, DropReason::kNotIp,
                                    DropReason::kDataReplay, DropReason::kCompressed}) {
      LossWatch watch;
      lose(watch, reason, 100, 104);
      watch.lost(at(104), DropReason::kOcc, 0);
      EXPECT_FALSE(watch.trouble().has_value());
      EXPECT(watch.next_deadline() == at(105));
      EXPECT(watch.handle_timeout(at(105), 0));
      EXPECT(watch.trouble() == reason);
      EXPECT_FALSE(watch.handle_timeout(at(110), 0));
      EXPECT(watch.trouble() == reason);
    }
  }

  TEST_CASE("a packet that is lost now and then is no trouble, whatever the reason") {
    LossWatch watch;
    for (int second = 100; second < 200; second += 3) {
      watch.lost(at(second), DropReason::kCompressed, 0);
      watch.handle_timeout(at(second), 0);
    }
    EXPECT_FALSE(watch.trouble().has_value());
  }

  TEST_CASE("while packets are used, only what the peer alone can cause is trouble") {
    for (const DropReason reason : {DropReason::kDataAuthentication, DropReason::kNotIp,
                                    DropReason::kDataReplay, DropReason::kBadKeyId}) {
      LossWatch watch;
      lose(watch, reason, 100, 160, 0, 1);
      EXPECT_FALSE(watch.trouble().has_value());
    }
    for (const DropReason reason : {DropReason::kCompressed, DropReason::kBadFraming,
                                    DropReason::kBadFragment, DropReason::kBadCompression}) {
      LossWatch watch;
      lose(watch, reason, 100, 160, 0, 1);
      EXPECT(watch.trouble() == reason);
    }
  }

  TEST_CASE("trouble ends when packets are used and none is lost, and not in mere silence") {
    LossWatch watch;
    lose(watch, DropReason::kCompressed, 100, 106, 7);
    REQUIRE(watch.trouble().has_value());
    // Nothing comes at all.
    for (int second = 106; second < 200; ++second) watch.handle_timeout(at(second), 7);
    EXPECT(watch.trouble() == DropReason::kCompressed);
    // One is used, and one is lost.
    watch.lost(at(201), DropReason::kCompressed, 7);
    EXPECT_FALSE(watch.handle_timeout(at(206), 9));
    EXPECT(watch.trouble() == DropReason::kCompressed);
    EXPECT(watch.handle_timeout(at(211), 10));
    EXPECT_FALSE(watch.trouble().has_value());
    EXPECT_FALSE(watch.next_deadline().has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
