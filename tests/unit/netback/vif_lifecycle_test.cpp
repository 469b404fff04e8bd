#include "netback/vif_lifecycle.h"

#include <vector>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using State = XenbusState;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr VifStep kOffer{VifAction::kOfferFeatures};
constexpr VifStep kConnect{VifAction::kConnect};
constexpr VifStep kDisconnect{VifAction::kDisconnect};
constexpr VifStep kRemove{VifAction::kRemoveDirectory};
constexpr VifStep kForget{VifAction::kForget};
constexpr VifStep write(State state) {
  return {VifAction::kWriteState, state};
}

using Steps = std::vector<VifStep>;

// xenstore, as far as a vif goes, with a lifecycle that watches it.
struct Store {
  VifSeen nodes{.exists = true,
                .online = true,
                .backend = State::kInitialising,
                .frontend = State::kInitialising};
  VifLifecycle vif;
  base::Instant now{seconds(1000)};
  bool connects = true;
  // dom0 makes the directory anew at the very moment in which we want to remove it.
  bool made_anew_at_removal = false;

  Steps poll() {
    Steps steps;
    while (const auto step = vif.poll(now)) {
      steps.push_back(*step);
      REQUIRE(steps.size() < 20);
      if (step->action == VifAction::kWriteState) nodes.backend = step->state;
      if (step->action == VifAction::kRemoveDirectory) remove();
      if (step->action == VifAction::kConnect) connects ? vif.connected() : vif.connect_failed();
    }
    return steps;
  }
  void remove() {
    nodes.exists = false;
    if (!made_anew_at_removal) return;
    nodes = VifSeen{.exists = true,
                    .online = true,
                    .backend = State::kInitialising,
                    .frontend = State::kInitialising};
    vif.handle_seen(nodes);
  }
  // A watch fires.
  Steps watch() {
    vif.handle_seen(nodes);
    return poll();
  }
  Steps frontend(State state) {
    nodes.frontend = state;
    return watch();
  }
  // libxl takes the device away.
  Steps take_away() {
    nodes.online = false;
    nodes.backend = State::kClosing;
    return watch();
  }
  Steps wait(base::Duration time) {
    now += time;
    return poll();
  }
};

Store connected_store() {
  Store store;
  store.watch();
  store.frontend(State::kConnected);
  REQUIRE(store.vif.is_connected());
  return store;
}

TEST_SUITE("netback/vif_lifecycle") {
  TEST_CASE("a new vif is offered features, waits, and connects when its frontend is ready") {
    for (const State ready : {State::kInitialised, State::kConnected}) {
      Store store;
      EXPECT(store.watch() == Steps{kOffer, write(State::kInitWait)});
      EXPECT(store.watch().empty());
      EXPECT_FALSE(store.vif.is_connected());
      EXPECT(store.frontend(ready) == Steps{kConnect, write(State::kConnected)});
      EXPECT(store.vif.is_connected());
      EXPECT(store.frontend(State::kConnected).empty());
    }
  }

  TEST_CASE("a frontend that did not wait is shown InitWait all the same, then connected") {
    Store store;
    store.nodes.frontend = State::kConnected;
    EXPECT(store.watch() ==
           Steps{kOffer, write(State::kInitWait), kConnect, write(State::kConnected)});
  }

  TEST_CASE("a restarted backend takes its running frontend over and writes nothing") {
    Store store;
    store.nodes.backend = store.nodes.frontend = State::kConnected;
    EXPECT(store.watch() == Steps{kConnect});
    EXPECT(store.vif.is_connected());
  }

  TEST_CASE("a restarted backend goes on wherever the dead one was") {
    struct Case {
      State backend, frontend;
      Steps steps;
    };
    const std::vector<Case> cases{
        {State::kInitWait, State::kInitialising, {kOffer}},
        {State::kInitWait, State::kConnected, {kConnect, write(State::kConnected)}},
        {State::kConnected, State::kInitialising, {kOffer, write(State::kInitWait)}},
        {State::kConnected, State::kClosing, {write(State::kClosing)}},
        {State::kConnected, State::kClosed, {write(State::kClosed)}},
        {State::kConnected, State::kUnknown, {write(State::kClosed)}},
        {State::kClosing, State::kConnected, {write(State::kClosed)}},
        {State::kClosing, State::kClosed, {write(State::kClosed)}},
        {State::kClosed, State::kClosed, {}},
        {State::kClosed, State::kConnected, {}},
        {State::kClosed, State::kInitialising, {kOffer, write(State::kInitWait)}},
    };
    for (const Case& c : cases) {
      CAPTURE(describe(c.backend));
      CAPTURE(describe(c.frontend));
      Store store;
      store.nodes.backend = c.backend;
      store.nodes.frontend = c.frontend;
      EXPECT(store.watch() == c.steps);
    }
  }

  TEST_CASE("a frontend closes, and may come back") {
    Store store = connected_store();
    EXPECT(store.frontend(State::kClosing) == Steps{kDisconnect, write(State::kClosing)});
    EXPECT(store.frontend(State::kClosed) == Steps{write(State::kClosed)});
    EXPECT_FALSE(store.vif.next_deadline().has_value());
    EXPECT(store.frontend(State::kInitialising) == Steps{write(State::kInitWait)});
    EXPECT(store.frontend(State::kConnected) == Steps{kConnect, write(State::kConnected)});
  }

  TEST_CASE("a frontend that starts over without a word is disconnected first") {
    Store store = connected_store();
    EXPECT(store.frontend(State::kInitialising) == Steps{kDisconnect, write(State::kInitWait)});
  }

  TEST_CASE("a frontend that ended does not connect before it starts over") {
    Store store = connected_store();
    store.frontend(State::kClosed);
    EXPECT(store.frontend(State::kConnected).empty());
    store = connected_store();
    store.frontend(State::kClosing);
    EXPECT(store.frontend(State::kConnected) == Steps{write(State::kClosed)});
  }

  TEST_CASE("a frontend that is gone is disconnected at once, so that its domain can die") {
    Store store = connected_store();
    EXPECT(store.frontend(State::kUnknown) == Steps{kDisconnect, write(State::kClosed)});
  }

  TEST_CASE("reconfiguring changes nothing") {
    Store store = connected_store();
    for (const State state : {State::kReconfiguring, State::kReconfigured, State::kInitWait})
      EXPECT(store.frontend(state).empty());
    EXPECT(store.vif.is_connected());
  }

  TEST_CASE("a device taken away is closed, and its directory removed once that was seen") {
    Store store = connected_store();
    EXPECT(store.take_away() == Steps{kDisconnect, write(State::kClosed)});
    REQUIRE(store.vif.next_deadline() == store.now + VifLifecycle::kRemovalDelay);
    EXPECT(store.watch().empty());
    EXPECT(store.wait(milliseconds(999)).empty());
    EXPECT(store.wait(milliseconds(1)) == Steps{kRemove, kForget});
    EXPECT_FALSE(store.vif.next_deadline().has_value());
    EXPECT(store.poll().empty());
  }

  TEST_CASE("a device is taken away whatever its frontend shows") {
    for (int state = 0; state <= 8; ++state) {
      Store store = connected_store();
      store.frontend(static_cast<State>(state));
      store.take_away();
      EXPECT(store.nodes.backend == State::kClosed);
      EXPECT_FALSE(store.vif.is_connected());
      EXPECT(store.frontend(State::kInitialising).empty());
      EXPECT(store.wait(seconds(1)) == Steps{kRemove, kForget});
    }
  }

  TEST_CASE("taking away is not missed when our own write covers the 5 that asked for it") {
    Store store;
    store.watch();
    store.nodes.frontend = State::kConnected;
    store.vif.handle_seen(store.nodes);
    // libxl writes 5 here, between our look and our write.
    store.nodes.online = false;
    EXPECT(store.poll() == Steps{kConnect, write(State::kConnected)});
    EXPECT(store.watch() == Steps{kDisconnect, write(State::kClosed)});
    EXPECT(store.wait(seconds(1)) == Steps{kRemove, kForget});
  }

  TEST_CASE("a restarted backend finishes what dom0 asked of the dead one") {
    for (const State state : {State::kConnected, State::kClosing, State::kClosed}) {
      Store store;
      store.nodes = {.exists = true, .online = false, .backend = state, .frontend = State::kClosed};
      const Steps steps = store.watch();
      EXPECT(steps == (state == State::kClosed ? Steps{} : Steps{write(State::kClosed)}));
      EXPECT(store.wait(seconds(1)) == Steps{kRemove, kForget});
    }
  }

  TEST_CASE("a directory removed by somebody else is forgotten, after the rings") {
    Store store = connected_store();
    store.nodes.exists = false;
    EXPECT(store.watch() == Steps{kDisconnect, kForget});
    EXPECT(store.watch().empty());
    store = connected_store();
    store.take_away();
    store.nodes.exists = false;
    EXPECT(store.watch() == Steps{kForget});
  }

  TEST_CASE("a directory made anew under the old name starts from the beginning") {
    Store store = connected_store();
    store.nodes.backend = store.nodes.frontend = State::kInitialising;
    EXPECT(store.watch() == Steps{kDisconnect, kOffer, write(State::kInitWait)});
    EXPECT(store.frontend(State::kConnected) == Steps{kConnect, write(State::kConnected)});
  }

  TEST_CASE("dom0 can close a device that stays") {
    for (const State shown : {State::kConnected, State::kReconfiguring}) {
      Store store = connected_store();
      store.nodes.frontend = shown;
      store.nodes.backend = State::kClosing;
      EXPECT(store.watch() == Steps{kDisconnect, write(State::kClosed)});
      EXPECT(store.frontend(State::kClosing).empty());
      EXPECT(store.frontend(State::kClosed).empty());
      EXPECT(store.frontend(State::kInitialising) == Steps{write(State::kInitWait)});
    }
  }

  TEST_CASE("a device that is to stay after all is not removed") {
    Store store = connected_store();
    store.take_away();
    store.now += milliseconds(500);
    store.nodes.online = true;
    EXPECT(store.watch().empty());
    EXPECT_FALSE(store.vif.next_deadline().has_value());
    EXPECT(store.wait(seconds(5)).empty());
    store.nodes.online = false;
    EXPECT(store.watch().empty());
    EXPECT(store.wait(milliseconds(999)).empty());
    EXPECT(store.wait(milliseconds(1)) == Steps{kRemove, kForget});
  }

  TEST_CASE("a device that is made anew while it is removed is a new device") {
    Store store = connected_store();
    store.take_away();
    store.made_anew_at_removal = true;
    EXPECT(store.wait(seconds(1)) == Steps{kRemove, kOffer, write(State::kInitWait)});
    EXPECT(store.frontend(State::kConnected) == Steps{kConnect, write(State::kConnected)});
    EXPECT_FALSE(store.vif.next_deadline().has_value());
  }

  TEST_CASE("details that are wrong close the vif until the frontend starts over") {
    Store store;
    store.watch();
    store.connects = false;
    EXPECT(store.frontend(State::kConnected) == Steps{kConnect, write(State::kClosed)});
    EXPECT(store.watch().empty());
    store.connects = true;
    store.frontend(State::kClosed);
    EXPECT(store.frontend(State::kInitialising) == Steps{write(State::kInitWait)});
    EXPECT(store.frontend(State::kConnected) == Steps{kConnect, write(State::kConnected)});
  }

  TEST_CASE("a vif that was shut stays shut until dom0 makes it anew") {
    Store store = connected_store();
    store.vif.shut();
    EXPECT(store.poll() == Steps{kDisconnect, write(State::kClosed)});
    EXPECT(store.vif.is_shut());
    for (const State state : {State::kClosing, State::kClosed, State::kInitialising,
                              State::kInitialised, State::kConnected, State::kUnknown})
      EXPECT(store.frontend(state).empty());
    store.nodes.backend = store.nodes.frontend = State::kInitialising;
    EXPECT(store.watch() == Steps{kOffer, write(State::kInitWait)});
    EXPECT_FALSE(store.vif.is_shut());
  }

  TEST_CASE("a vif that was shut can be taken away") {
    Store store = connected_store();
    store.vif.shut();
    store.poll();
    EXPECT(store.take_away() == Steps{write(State::kClosed)});
    EXPECT(store.wait(seconds(1)) == Steps{kRemove, kForget});
  }

  TEST_CASE("a vif whose features cannot be offered is shut before it waits") {
    Store store;
    store.vif.handle_seen(store.nodes);
    REQUIRE(store.vif.poll(store.now) == kOffer);
    store.vif.shut();
    EXPECT(store.poll() == Steps{write(State::kClosed)});
  }

  TEST_CASE("a frontend that starts over without end is slowed down") {
    Store store;
    store.watch();
    std::uint32_t waits = 1;
    for (int i = 0; i < 100; ++i) {
      store.frontend(State::kConnected);
      store.frontend(State::kClosed);
      for (const VifStep& step : store.frontend(State::kInitialising))
        waits += step == write(State::kInitWait);
    }
    EXPECT(waits == RestartLimit::kBurst);
    REQUIRE(store.vif.next_deadline().has_value());
    EXPECT(*store.vif.next_deadline() - store.now == RestartLimit::kInterval);
    EXPECT(store.wait(RestartLimit::kInterval) == Steps{write(State::kInitWait)});
    EXPECT_FALSE(store.vif.next_deadline().has_value());
    store.frontend(State::kClosed);
    EXPECT(store.frontend(State::kInitialising).empty());
    // What dom0 makes anew does not wait.
    store.nodes.backend = State::kInitialising;
    EXPECT(store.watch() == Steps{kOffer, write(State::kInitWait)});
    for (int i = 0; i < 20; ++i) {
      store.frontend(State::kClosed);
      store.frontend(State::kInitialising);
    }
    EXPECT(store.nodes.backend == State::kClosed);
    // After a quiet while it may again.
    store.wait(seconds(60));
    store.frontend(State::kClosed);
    EXPECT(store.frontend(State::kInitialising) == Steps{write(State::kInitWait)});
  }

  TEST_CASE("whatever the frontend does, each step has its place") {
    testing::CountingRng rng;
    for (int run = 0; run < 300; ++run) {
      Store store;
      bool up = false, gone = false;
      for (int i = 0; i < 60 && !gone; ++i) {
        store.now += milliseconds(rng.next() % 500);
        const std::uint64_t what = rng.next() % 40;
        if (what < 30) store.nodes.frontend = static_cast<State>(rng.next() % 9);
        if (what == 30) store.nodes.online = false;
        if (what == 31) store.nodes.backend = static_cast<State>(rng.next() % 9);
        if (what == 32) store.nodes.exists = false;
        if (what == 33) store.vif.shut();
        store.connects = rng.next() % 4 != 0;
        store.vif.handle_seen(store.nodes);
        for (const VifStep& step : store.poll()) {
          EXPECT_FALSE(gone);
          switch (step.action) {
            case VifAction::kConnect:
              EXPECT_FALSE(up);
              EXPECT((store.nodes.online && store.nodes.exists));
              up = store.connects;
              break;
            case VifAction::kDisconnect:
              EXPECT(up);
              up = false;
              break;
            case VifAction::kWriteState:
              EXPECT(up == (step.state == State::kConnected));
              break;
            case VifAction::kOfferFeatures:
            case VifAction::kRemoveDirectory:
              EXPECT_FALSE(up);
              break;
            case VifAction::kForget:
              EXPECT_FALSE(up);
              gone = true;
              break;
          }
        }
        EXPECT(store.vif.is_connected() == up);
        if (!store.nodes.online) EXPECT_FALSE(up);
      }
      if (gone) continue;
      store.take_away();
      store.wait(seconds(1));
      EXPECT_FALSE(store.nodes.exists);
    }
  }
}

}  // namespace
}  // namespace sallyport::netback
