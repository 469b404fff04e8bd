#include "net/nat/flow_table.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using std::chrono::seconds;
using testing::ip;

constexpr base::Instant kStart{seconds(1000)};

Flow udp_flow(std::uint16_t port, base::Instant used = kStart) {
  Flow flow;
  flow.client = ClientId(1);
  flow.kind = FlowKind::kUdp4;
  flow.state = FlowState::kReplied;
  flow.inside = {ip("10.137.0.5"), port};
  flow.shown = flow.remote = {ip("198.51.100.7"), 443};
  flow.outside_port = static_cast<std::uint16_t>(port + 20000);
  flow.deadline = used + flow.idle_timeout();
  return flow;
}

InsideKey inside(const Flow& flow) {
  return {flow.client, flow.kind, flow.inside, flow.shown};
}
OutsideKey outside(const Flow& flow) {
  return {flow.kind, flow.outside_port, flow.remote};
}

FlowTable table() {
  return {KeyedHash(1, 2), 4};
}

TEST_SUITE("net/nat/flow_table") {
  TEST_CASE("a flow is found from both sides until it is erased") {
    FlowTable flows = table();
    const Flow flow = udp_flow(1);
    const FlowRef ref = flows.insert(flow, 0, kStart);
    EXPECT(flows.find(inside(flow)) == ref);
    EXPECT(flows.find(outside(flow)) == ref);
    flows.check_consistency();
    flows.erase(ref);
    EXPECT_FALSE(flows.find(inside(flow)).has_value());
    EXPECT_FALSE(flows.find(outside(flow)).has_value());
    EXPECT_FALSE(flows.is_live(ref));
    EXPECT_FALSE(flows.next_deadline().has_value());
    flows.check_consistency();
  }

  TEST_CASE("every part of a key counts") {
    FlowTable flows = table();
    const Flow flow = udp_flow(1);
    (void)flows.insert(flow, 0, kStart);
    for (const auto change :
         {+[](InsideKey& k) { k.client = ClientId(2); },
          +[](InsideKey& k) { k.kind = FlowKind::kTcp4; }, +[](InsideKey& k) { k.inside.port = 9; },
          +[](InsideKey& k) { k.inside.address = ip("10.137.0.6"); },
          +[](InsideKey& k) { k.shown.port = 9; },
          +[](InsideKey& k) { k.shown.address = ip("198.51.100.8"); }}) {
      InsideKey key = inside(flow);
      change(key);
      EXPECT_FALSE(flows.find(key).has_value());
    }
    for (const auto change :
         {+[](OutsideKey& k) { k.kind = FlowKind::kTcp4; },
          +[](OutsideKey& k) { k.outside_port = 9; }, +[](OutsideKey& k) { k.remote.port = 9; },
          +[](OutsideKey& k) { k.remote.address = ip("198.51.100.8"); }}) {
      OutsideKey key = outside(flow);
      change(key);
      EXPECT_FALSE(flows.find(key).has_value());
    }
  }

  TEST_CASE("flows expire in their time, and moved deadlines are respected") {
    FlowTable flows = table();
    const FlowRef idle = flows.insert(udp_flow(1), 0, kStart);
    const FlowRef busy = flows.insert(udp_flow(2), 0, kStart);
    const FlowRef hurried = flows.insert(udp_flow(3), 0, kStart);
    flows[busy].deadline += seconds(100);
    flows[hurried].deadline = kStart + seconds(10);
    flows.deadline_shortened(hurried, kStart);
    const auto next_expired = [&](int after) {
      std::size_t looks = 1000;
      const auto ref = flows.pop_expired(kStart + seconds(after), looks);
      if (ref) flows.erase(*ref);
      return ref;
    };
    EXPECT_FALSE(next_expired(9).has_value());
    EXPECT(next_expired(10) == hurried);
    EXPECT_FALSE(next_expired(179).has_value());
    EXPECT(next_expired(180) == idle);
    EXPECT_FALSE(next_expired(180).has_value());
    EXPECT(next_expired(280) == busy);
    EXPECT(flows.size() == 0);
  }

  TEST_CASE("work per call is bounded") {
    FlowTable flows = table();
    for (std::uint16_t i = 0; i < 100; ++i) (void)flows.insert(udp_flow(i), 0, kStart);
    std::size_t looks = 10;
    int expired = 0;
    while (const auto ref = flows.pop_expired(kStart + seconds(1000), looks)) {
      flows.erase(*ref);
      ++expired;
    }
    EXPECT(expired == 10);
    EXPECT(*flows.next_deadline() <= kStart + seconds(1000));
  }

  TEST_CASE("the least useful is disposable before idle, and idle longest of those") {
    FlowTable flows = table();
    const FlowRef old = flows.insert(udp_flow(1, kStart - seconds(50)), 0, kStart);
    const FlowRef older = flows.insert(udp_flow(2, kStart - seconds(60)), 0, kStart);
    Flow unreplied = udp_flow(3);
    unreplied.state = FlowState::kUnreplied;
    unreplied.deadline = kStart + unreplied.idle_timeout();
    const FlowRef fresh = flows.insert(unreplied, 0, kStart);
    for (const FlowRef expected : {fresh, older, old}) {
      REQUIRE(flows.least_useful(0, FlowKind::kUdp4) == expected);
      flows.erase(expected);
    }
    EXPECT_FALSE(flows.least_useful(0, FlowKind::kUdp4).has_value());
  }

  TEST_CASE("rings are apart by client and kind") {
    FlowTable flows = table();
    (void)flows.insert(udp_flow(1), 2, kStart);
    EXPECT(flows.count(2, FlowKind::kUdp4) == 1);
    EXPECT(flows.count(2, FlowKind::kUdp6) == 0);
    EXPECT(flows.count(1, FlowKind::kUdp4) == 0);
    EXPECT_FALSE(flows.least_useful(1, FlowKind::kUdp4).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
