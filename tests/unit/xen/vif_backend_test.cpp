#include "xen/vif_backend.h"

#include <algorithm>

#include "fake_xen.h"
#include "test.h"

namespace sallyport::xen {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeGuest;
using testing::FakeXen;

constexpr netback::DomainId kApp{7};
constexpr netback::DomainId kOther{8};
const testing::ByteVector kFrame(60, 0x42);
constexpr std::size_t kMost = 64;  // packets in one call
constexpr std::size_t kSlots = 256;  // of a ring

// A backend and what drives it: events first, then timers, as the loop has it.
struct Bed {
  FakeXen xen;
  std::unique_ptr<VifBackend> backend;
  std::size_t connected = 0;

  void open() {
    auto opened = VifBackend::open(xen.now());
    REQUIRE(opened.has_value());
    backend = std::move(*opened);
    take_events();
    while (backend->receive(xen.now(), kMost)) {
    }
    turn();
  }
  void take_events() {
    while (const auto event = backend->poll()) {
      connected += std::holds_alternative<VifConnected>(*event);
      connected -= std::holds_alternative<VifDisconnected>(*event);
    }
  }
  // One turn of the loop; the packets that it brought.
  std::size_t turn() {
    if (xen.waiting_events() > 0) backend->handle_channels(xen.now());
    if (const auto due = backend->next_deadline(); due && *due <= xen.now())
      backend->handle_timeout(xen.now());
    take_events();
    std::size_t packets = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto received = backend->receive(xen.now(), kMost);
      if (!received) break;
      packets += received->packets.size();
    }
    return packets;
  }
  void run_until(base::Instant end) {
    while (xen.now() < end) {
      turn();
      xen.wait(FakeXen::kCall);
    }
  }
  // Sends and notifies as netfront does.
  void send(FakeGuest& guest, std::size_t queue = 0) {
    const auto notify = guest.front(queue).send(kFrame);
    REQUIRE(notify.has_value());
    if (*notify) xen.notify(guest, guest.tx_port(queue));
  }
};

TEST_SUITE("xen/vif_backend") {
  TEST_CASE("frontends that are there are connected, and their packets come") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp);
    FakeGuest& other = bed.xen.add(kOther, 2, FakeGuest::Channels::kSplit);
    bed.open();
    EXPECT(bed.connected == 2);
    EXPECT(bed.xen.node("backend/vif/7/0/state") == "4");
    EXPECT(bed.turn() == 0);
    bed.send(app);
    bed.send(other);
    EXPECT(bed.turn() == 2);
    EXPECT(app.front().reap().size() == 1);
  }

  TEST_CASE("frames that waited for a guest's pages go with the event that says there are some") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp);
    bed.open();
    const base::Bytes piece(kFrame);
    bed.backend->send(bed.xen.now(), app.vif(), {std::span(&piece, 1), {}});
    bed.backend->flush();
    EXPECT(app.front().receive().empty());
    REQUIRE(app.front().post());
    bed.xen.notify(app, app.rx_port(0));
    bed.turn();
    EXPECT(app.front().receive().size() == 1);
  }

  TEST_CASE("a guest that notifies faster than its events are taken ends a turn no later") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp, 4, FakeGuest::Channels::kSplit);
    bed.open();
    const base::Instant started = bed.xen.now();
    bed.xen.storm(app, microseconds(1), started + milliseconds(100));
    bed.xen.wait(FakeXen::kCall);
    bed.backend->handle_channels(bed.xen.now());
    EXPECT(bed.xen.now() - started < milliseconds(1));
  }

  TEST_CASE("events about nothing are listened to ever less, and what comes in between is heard") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp, 4, FakeGuest::Channels::kSplit);
    bed.open();
    const std::uint64_t before = bed.xen.taken_events();
    bed.xen.storm(app, microseconds(1), bed.xen.now() + seconds(2));
    bed.run_until(bed.xen.now() + seconds(1));
    // Its eight ports: all that are free, then pauses that double.
    EXPECT(bed.xen.taken_events() - before < 8 * 40);

    bed.send(app);
    const base::Instant sent = bed.xen.now();
    while (bed.turn() == 0) bed.xen.wait(FakeXen::kCall);
    EXPECT(bed.xen.now() - sent < milliseconds(200));
  }

  TEST_CASE("events about something are never waited with, however many they are") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp);
    bed.open();
    for (int i = 0; i < 1000; ++i) {
      bed.send(app);
      REQUIRE(bed.turn() == 1);
      // One more, after it was polled for: a notification about nothing that is no ill will.
      bed.xen.notify(app, app.tx_port(0));
      REQUIRE(bed.turn() == 0);
      REQUIRE_FALSE(bed.xen.is_masked(app, app.tx_port(0)));
      app.front().reap();
    }
  }

  TEST_CASE("while one guest storms, another's packets come in the turn after they were sent") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp, 4, FakeGuest::Channels::kSplit);
    FakeGuest& other = bed.xen.add(kOther);
    bed.open();
    bed.xen.storm(app, microseconds(1), bed.xen.now() + milliseconds(100));
    for (int i = 0; i < 20; ++i) {
      bed.send(other);
      const base::Instant sent = bed.xen.now();
      REQUIRE(bed.turn() == 1);
      REQUIRE(bed.xen.now() - sent < milliseconds(1));
      other.front().reap();
    }
  }

  TEST_CASE("a guest that left in a storm leaves nothing to be unmasked") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp);
    bed.open();
    bed.xen.storm(app, microseconds(1), bed.xen.now() + milliseconds(50));
    bed.run_until(bed.xen.now() + milliseconds(20));
    REQUIRE(bed.backend->next_deadline().has_value());
    bed.backend->shut(bed.xen.now(), app.vif(), "tests");
    bed.take_events();
    EXPECT(bed.connected == 0);
    EXPECT_FALSE(bed.backend->next_deadline().has_value());
  }

  TEST_CASE("a guest with four queues gets no more turns than one with one") {
    Bed bed;
    FakeGuest& app = bed.xen.add(kApp, 4);
    FakeGuest& other = bed.xen.add(kOther);
    bed.open();
    const auto fill = [&](FakeGuest& guest, std::size_t queue) {
      while (guest.front(queue).queue(kFrame)) {
      }
      if (guest.front(queue).push_tx()) bed.xen.notify(guest, guest.tx_port(queue));
    };
    for (std::size_t queue = 0; queue < app.queues(); ++queue) fill(app, queue);
    fill(other, 0);
    bed.backend->handle_channels(bed.xen.now());
    // Until all of the other one's are there: by then the first had as many, and a turn more.
    std::size_t of_app = 0, of_other = 0;
    while (of_other < kSlots) {
      const auto received = bed.backend->receive(bed.xen.now(), kMost);
      REQUIRE(received.has_value());
      (received->from == other.vif() ? of_other : of_app) += received->packets.size();
    }
    EXPECT(of_app <= kSlots * 3 / 2);
  }
}

}  // namespace
}  // namespace sallyport::xen
