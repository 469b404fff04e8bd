#include "daemon/inside_links.h"

#include <array>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::daemon {
namespace {

// A client that sends pieces of one size, all the time or so many.
struct FakeSource : InsideSource {
  std::size_t piece = 1500;
  std::size_t left = SIZE_MAX;
  std::size_t taken = 0;
  bool listening = true;
  bool gone = false;
  int turns = 0;

  Turn read(gateway::Router&, base::Now, std::size_t) override {
    ++turns;
    if (gone) return {.gone = true};
    const std::size_t bytes = std::min(piece, left);
    taken += bytes;
    left -= bytes;
    return {.bytes = bytes, .more = left > 0};
  }
  void listen(bool on) override { listening = on; }
  bool says_again() const override { return true; }
};

// An uplink that takes so many bytes at a time, and then says when it takes more.
struct SlowUplink {
  io::EventLoop loop;
  testing::CountingRng rng;
  gateway::Gateway gateway{rng};
  std::array<FakeSource, 10> clients;
  std::size_t sent = 0, room = 0;
  InsideLinks links{loop, gateway, {[this](base::Now) { batch_done(); }, [](const auto&) {}}};

  std::size_t taken() const {
    std::size_t all = 0;
    for (const FakeSource& client : clients) all += client.taken;
    return all;
  }
  void batch_done() {
    if (taken() - sent < room) return;
    links.pause();
    loop.stop();
  }
  void take(std::size_t bytes) {
    sent = taken();
    room = bytes;
    links.resume();
    loop.run();
  }
};

TEST_SUITE("daemon/inside_links") {
  TEST_CASE("a full uplink is shared by all who have packets, wherever their links stand") {
    SlowUplink uplink;
    uplink.links.pause();
    for (FakeSource& client : uplink.clients) uplink.links.ready(client);
    // The first ones send super-packets.
    for (int i = 0; i < 3; ++i) uplink.clients[static_cast<std::size_t>(i)].piece = 60'000;
    for (int i = 0; i < 4000; ++i) uplink.take(12'000);
    const std::size_t share = uplink.taken() / uplink.clients.size();
    for (const FakeSource& client : uplink.clients) {
      EXPECT(client.taken > share * 95 / 100);
      EXPECT(client.taken < share * 105 / 100);
    }
  }

  TEST_CASE("who is gone is not asked again, though others wait") {
    SlowUplink uplink;
    uplink.links.pause();
    for (std::size_t i = 0; i < 9; ++i) uplink.links.ready(uplink.clients[i]);
    for (int i = 0; i < 100; ++i) uplink.take(12'000);
    uplink.clients[9].gone = true;
    uplink.links.ready(uplink.clients[9]);
    for (int i = 0; i < 100; ++i) uplink.take(12'000);
    EXPECT(uplink.clients[9].turns == 1);
  }

  TEST_CASE("who has one packet is the next, and is listened to again when it is gone") {
    SlowUplink uplink;
    uplink.links.pause();
    FakeSource& rare = uplink.clients[9];
    for (std::size_t i = 0; i < 9; ++i) uplink.links.ready(uplink.clients[i]);
    for (int i = 0; i < 100; ++i) uplink.take(12'000);
    rare.left = 100;
    uplink.links.ready(rare);
    EXPECT_FALSE(rare.listening);
    uplink.take(1500);
    EXPECT(rare.taken == 100);
    for (int i = 0; i < 100; ++i) uplink.take(12'000);
    EXPECT(rare.listening);
  }
}

}  // namespace
}  // namespace sallyport::daemon
