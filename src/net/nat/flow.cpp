#include "net/nat/flow.h"

#include "base/check.h"
#include "net/ports.h"

namespace sallyport::net {
namespace {

void track_tcp(Flow& flow, const TcpFacts& tcp, Direction direction) {
  const bool outbound = direction == Direction::kOutbound;
  if (tcp.has(TcpFlags::kRst)) {
    flow.state = FlowState::kReset;
    return;
  }
  const bool over = flow.state == FlowState::kClosing || flow.state == FlowState::kReset;
  if (outbound && over && tcp.has(TcpFlags::kSyn) && !tcp.has(TcpFlags::kAck)) {
    // The client uses the same ports for a new connection (RFC 9293 3.4.3).
    flow.state = FlowState::kOpening;
    flow.inside_fin = flow.outside_fin = false;
    return;
  }
  if (tcp.has(TcpFlags::kFin)) (outbound ? flow.inside_fin : flow.outside_fin) = true;
  if (flow.inside_fin && flow.outside_fin) {
    flow.state = FlowState::kClosing;
  } else if (flow.state == FlowState::kOpening && !outbound) {
    // A SYN, or a SYN and ACK: simultaneous open counts as well (RFC 5382 REQ-2).
    flow.state = FlowState::kAnswered;
  } else if (outbound && tcp.has(TcpFlags::kAck) &&
             (flow.state == FlowState::kAnswered || flow.state == FlowState::kReset)) {
    // After a RST: the client does not believe it, so it was forged (RFC 7857 2.1).
    flow.state = FlowState::kEstablished;
  }
}

}  // namespace

std::optional<FlowKind> kind_of(const Packet& packet) {
  const bool v4 = packet.is_v4();
  if (packet.is_tcp()) return v4 ? FlowKind::kTcp4 : FlowKind::kTcp6;
  if (packet.is_udp()) return v4 ? FlowKind::kUdp4 : FlowKind::kUdp6;
  if (packet.is_echo_request() || packet.is_echo_reply()) {
    return v4 ? FlowKind::kIcmp4 : FlowKind::kIcmp6;
  }
  return std::nullopt;
}

base::Duration Flow::idle_timeout() const {
  switch (state) {
    case FlowState::kUnreplied:
      return kUdpUnreplied;
    case FlowState::kReplied:
      return remote.port == kDnsPort ? kDns : kUdpReplied;
    case FlowState::kEcho:
      return kEcho;
    case FlowState::kEstablished:
      return kTcpEstablished;
    case FlowState::kOpening:
    case FlowState::kAnswered:
    case FlowState::kClosing:
    case FlowState::kReset:
      return kTcpTransitory;
  }
  CHECK(false);
}

bool Flow::is_disposable() const {
  switch (state) {
    case FlowState::kReplied:
    case FlowState::kAnswered:
    case FlowState::kEstablished:
      return false;
    case FlowState::kUnreplied:
    case FlowState::kEcho:
    case FlowState::kOpening:
    case FlowState::kClosing:
    case FlowState::kReset:
      return true;
  }
  CHECK(false);
}

void track(Flow& flow, const Packet& packet, Direction direction) {
  if (is_tcp(flow.kind)) {
    track_tcp(flow, packet.tcp, direction);
  } else if (is_udp(flow.kind) && direction == Direction::kInbound) {
    flow.state = FlowState::kReplied;
  }
}

}  // namespace sallyport::net
