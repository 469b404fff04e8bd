// One translated flow: who opened it, where it really goes, how it looks from outside, and until
// when.
#pragma once

#include <cstdint>
#include <optional>

#include "base/strong.h"
#include "base/time.h"
#include "net/packet.h"

namespace sallyport::net {

// A client of the gateway. Numbers are the caller's, and may be used again after remove_client().
using ClientId = base::Strong<struct ClientIdTag, std::uint32_t>;

struct Endpoint {
  IpAddress address;
  // For ICMP echo the identifier on the client's side, 0 on the other.
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Protocol and family in one: each has its own ports outside.
enum class FlowKind : std::uint8_t { kTcp4, kTcp6, kUdp4, kUdp6, kIcmp4, kIcmp6 };
inline constexpr std::uint32_t kFlowKinds = 6;

// Empty for what is not translated: other protocols, and ICMP that is no echo.
std::optional<FlowKind> kind_of(const Packet& packet);
constexpr bool is_tcp(FlowKind kind) {
  return kind <= FlowKind::kTcp6;
}
constexpr bool is_udp(FlowKind kind) {
  return kind == FlowKind::kUdp4 || kind == FlowKind::kUdp6;
}

enum class FlowState : std::uint8_t {
  kUnreplied,    // UDP: only the client has sent
  kReplied,      // UDP: both have
  kEcho,         // ICMP echo
  kOpening,      // TCP: a SYN went out
  kAnswered,     // TCP: something came back
  kEstablished,  // TCP: the handshake is complete
  kClosing,      // TCP: FIN went both ways
  kReset,        // TCP: a RST went by
};

struct Flow {
  // How long a flow lives without a packet. TCP as RFC 5382 REQ-5 wants it: established 2 h 4 min,
  // opening and closing 4 min. UDP as Linux does: 30 s until there is an answer, then 3 min; RFC
  // 4787 REQ-5 asks for 2 min, and a mapping that is used stays. DNS is one question and one answer
  // (RFC 4787 REQ-5a). Echo as RFC 5508 REQ-2 wants it at least.
  static constexpr base::Duration kTcpEstablished = std::chrono::minutes(124);
  static constexpr base::Duration kTcpTransitory = std::chrono::minutes(4);
  static constexpr base::Duration kUdpUnreplied = std::chrono::seconds(30);
  static constexpr base::Duration kUdpReplied = std::chrono::seconds(180);
  static constexpr base::Duration kDns = std::chrono::seconds(30);
  static constexpr base::Duration kEcho = std::chrono::seconds(60);

  ClientId client;
  FlowKind kind{};
  FlowState state{};
  // TCP: a FIN of the client, of the remote.
  bool inside_fin = false;
  bool outside_fin = false;

  // The client's own end.
  Endpoint inside;
  // The other end as the client names it, and as it is. They differ when the gateway redirected the
  // flow.
  Endpoint shown;
  Endpoint remote;
  // What stands for `inside` on the tunnel's address.
  std::uint16_t outside_port = 0;

  base::Instant deadline;

  bool is_redirected() const { return shown != remote; }
  // What the state allows between packets.
  base::Duration idle_timeout() const;
  // The other end has never answered, or the end is near: the first to go when there is no room.
  bool is_disposable() const;
};

// A packet passes on the flow and moves its state.
enum class Direction : std::uint8_t { kOutbound, kInbound };
void track(Flow& flow, const Packet& packet, Direction direction);

}  // namespace sallyport::net
