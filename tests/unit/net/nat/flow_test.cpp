#include "net/nat/flow.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ends;

const testing::Ends kEnds = ends("10.0.0.1", 1, "198.51.100.7", 443);

enum : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

struct Step {
  Direction direction;
  std::uint8_t flags;
  FlowState then;
};

// Runs a connection from its first SYN.
void expect_states(std::initializer_list<Step> steps) {
  Flow flow;
  flow.kind = FlowKind::kTcp4;
  flow.state = FlowState::kOpening;
  int number = 0;
  for (const Step& step : steps) {
    CAPTURE(number++);
    ByteVector bytes = tcp_packet(kEnds, {.flags = step.flags});
    track(flow, parse_packet(bytes).value(), step.direction);
    EXPECT(flow.state == step.then);
  }
}

constexpr Direction kOut = Direction::kOutbound;
constexpr Direction kIn = Direction::kInbound;

TEST_SUITE("net/nat/flow") {
  TEST_CASE("a connection is opened, used and closed from either side") {
    expect_states({{kOut, kSyn, FlowState::kOpening},
                   {kIn, kSyn | kAck, FlowState::kAnswered},
                   {kIn, kSyn | kAck, FlowState::kAnswered},
                   {kOut, kAck, FlowState::kEstablished},
                   {kIn, kAck, FlowState::kEstablished},
                   {kOut, kFin | kAck, FlowState::kEstablished},
                   {kIn, kAck, FlowState::kEstablished},
                   {kIn, kFin | kAck, FlowState::kClosing},
                   {kOut, kAck, FlowState::kClosing}});
    expect_states({{kIn, kSyn | kAck, FlowState::kAnswered},
                   {kOut, kAck, FlowState::kEstablished},
                   {kIn, kFin | kAck, FlowState::kEstablished},
                   {kOut, kFin | kAck, FlowState::kClosing},
                   {kIn, kAck, FlowState::kClosing}});
  }

  TEST_CASE("both sides may open at the same time") {
    expect_states(
        {{kIn, kSyn, FlowState::kAnswered}, {kOut, kSyn | kAck, FlowState::kEstablished}});
  }

  TEST_CASE("a refused connection is over") {
    expect_states({{kIn, kRst | kAck, FlowState::kReset}, {kIn, kRst, FlowState::kReset}});
  }

  TEST_CASE("a reset that the client does not believe was none") {
    expect_states({{kIn, kSyn | kAck, FlowState::kAnswered},
                   {kOut, kAck, FlowState::kEstablished},
                   {kIn, kRst, FlowState::kReset},
                   {kIn, kAck, FlowState::kReset},
                   {kOut, kAck, FlowState::kEstablished},
                   {kOut, kRst, FlowState::kReset}});
  }

  TEST_CASE("the same ports serve a new connection after the end") {
    expect_states({{kIn, kRst | kAck, FlowState::kReset},
                   {kOut, kSyn, FlowState::kOpening},
                   {kIn, kSyn | kAck, FlowState::kAnswered},
                   {kOut, kAck, FlowState::kEstablished},
                   {kOut, kFin | kAck, FlowState::kEstablished},
                   {kIn, kFin | kAck, FlowState::kClosing},
                   {kIn, kSyn, FlowState::kClosing},
                   {kOut, kSyn, FlowState::kOpening},
                   {kOut, kFin | kAck, FlowState::kOpening},
                   {kIn, kSyn | kAck, FlowState::kAnswered}});
  }

  TEST_CASE("UDP is replied to by the other side, and DNS has its own patience") {
    Flow flow;
    flow.kind = FlowKind::kUdp6;
    flow.state = FlowState::kUnreplied;
    ByteVector bytes = udp_packet(ends("fd00::1", 1, "2001:db8::7", 443));
    const Packet packet = parse_packet(bytes).value();
    EXPECT(flow.idle_timeout() == std::chrono::seconds(30));
    track(flow, packet, kOut);
    EXPECT(flow.state == FlowState::kUnreplied);
    track(flow, packet, kIn);
    EXPECT(flow.state == FlowState::kReplied);
    EXPECT(flow.idle_timeout() == std::chrono::seconds(180));
    flow.remote.port = 53;
    EXPECT(flow.idle_timeout() == std::chrono::seconds(30));
  }

  TEST_CASE("TCP is kept for as long as RFC 5382 says") {
    Flow flow;
    flow.state = FlowState::kEstablished;
    EXPECT(flow.idle_timeout() == std::chrono::minutes(124));
    for (const FlowState state :
         {FlowState::kOpening, FlowState::kAnswered, FlowState::kClosing, FlowState::kReset}) {
      flow.state = state;
      EXPECT(flow.idle_timeout() == std::chrono::minutes(4));
    }
  }

  TEST_CASE("what is not translated has no kind") {
    ByteVector esp = ip_packet(kEnds, 50, ByteVector(20));
    EXPECT_FALSE(kind_of(parse_packet(esp).value()).has_value());
    ByteVector timestamp = icmp_error_packet(kEnds, 13, 0, ByteVector(12));
    EXPECT_FALSE(kind_of(parse_packet(timestamp).value()).has_value());
    ByteVector echo = echo_packet(ends("fd00::1", 1, "fd00::2", 0), true);
    EXPECT(kind_of(parse_packet(echo).value()) == FlowKind::kIcmp6);
  }
}

}  // namespace
}  // namespace sallyport::net
