// The gateway's decisions, all of them, without a device, a socket or a clock: the VPN client, the
// router, and the state that joins them. The daemon moves bytes and time in and takes bytes and
// requests out.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/router.h"
#include "gateway/status.h"
#include "openvpn/rate_limit.h"
#include "openvpn/session/client.h"
#include "openvpn/session/loss_watch.h"

namespace sallyport::gateway {

// A line for the log.
struct LogLine {
  std::string text;
};
struct StateChanged {
  State state = State::kBlocked;
  std::string reason;
};
// The state is the same, but what status() says of the connection is not.
struct NewsInStatus {};
using GatewayOutput = std::variant<openvpn::ResolveRequest, openvpn::ConnectRequest,
                                   openvpn::CloseRequest, LogLine, StateChanged, NewsInStatus>;

class Gateway {
 public:
  // `rng` outlives the gateway. It starts blocked.
  explicit Gateway(base::Rng& rng);

  // Connects with these from now on, at least one; what was before ends.
  void use_profiles(base::Now now, std::vector<openvpn::ClientProfile> profiles,
                    std::optional<openvpn::Credentials> login);
  // There is nothing to connect with; `why` is for status.
  void block(base::Now now, std::string why);
  bool can_connect() const { return client_.has_value(); }
  // Tries again at once, whatever held it back.
  void reconnect(base::Now now);
  // The way to the server is another one, or there is one again: a session over the old one is
  // worth nothing, and nobody waits any longer. Logins that were refused stay refused.
  void handle_new_path(base::Now now);
  // The calendar was set. Where it went ahead by more than any of our deadlines counted, this
  // machine was asleep, and the server has forgotten us.
  void handle_clock_set(base::Now now);
  // The largest IP packet that arrives at the server, as far as is known now: said at each
  // connection over UDP, and whenever it has changed.
  void handle_path_mtu(std::size_t mtu);
  // The answer to the question in status(); false when there is none.
  bool answer(base::Now now, base::SecretBytes text);
  // Leaves the tunnel, with a farewell where it is wanted; left() tells when that is done.
  void stop(base::Now now);
  bool left() const;

  Router& router() { return router_; }
  const Router& router() const { return router_; }

  // Answers to requests.
  void handle_resolved(base::Now now, const std::vector<base::IpAddress>& addresses,
                       const std::string& failure);
  void handle_connected(base::Now now);
  void handle_disconnected(base::Now now, const std::string& why);

  // One packet from the server, decrypted in place; see Router::handle_outside about its memory.
  void handle_packet(base::Now now, base::MutableBytes packet);
  // The end of a batch of frames from inside or packets from outside.
  void batch_done(base::Now now);

  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  // After every call above: take these until they are empty.
  std::optional<GatewayOutput> poll(base::Now now);
  // Packets of the VPN's own making, for the server's socket. Each is one datagram, or one packet
  // of the stream.
  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);

  State state() const { return state_; }
  Status status() const;

 private:
  void start_over(base::Now now, const std::string& why);
  void take_client_outputs(base::Now now);
  void on_up(base::Now now, openvpn::TunnelUp up);
  void on_changed(base::Now now, openvpn::TunnelOptions options);
  void use_tunnel(base::Now now);
  // Of a tunnel that is up; each is logged once for as long as it holds.
  void note_warnings(std::vector<std::string> warnings);
  void on_down(const openvpn::TunnelDown& down);
  openvpn::OuterPath outer_path() const;
  PacketLimits limits();
  void update_state(base::Now now);
  std::string news() const;
  // Of a tunnel whose packets are lost here.
  std::string loss_text() const;
  std::uint64_t packets_used() const;
  void lose(base::Now now, openvpn::DropReason reason);
  void tell_losses(base::Now now);
  State state_of_client() const;
  void log(std::string text) { outputs_.push_back(LogLine{std::move(text)}); }

  base::Rng& rng_;
  Router router_;
  std::optional<openvpn::Client> client_;
  State state_ = State::kBlocked;
  std::string reason_ = "starting";
  std::string_view hint_;
  std::string said_;  // of the connection, in status
  base::WallTime since_{};
  std::optional<base::Now> clock_;  // when a profile was first used or the calendar last set
  bool was_up_ = false;             // since the profiles were set
  openvpn::RateLimit changes_said_{10, std::chrono::minutes(1)};  // lines about pushed changes
  std::optional<std::size_t> path_mtu_;
  openvpn::TunnelUp tunnel_;
  std::vector<std::string> warnings_;
  base::CounterSet<openvpn::DropReason> dropped_outside_;
  openvpn::LossWatch losses_;
  std::uint64_t opened_ = 0;     // packets of the server that were decrypted, pings included
  std::uint64_t malformed_ = 0;  // of these no IP packets, as far as the watch knows
  openvpn::RateLimit losses_said_{5, std::chrono::minutes(1)};
  // What a client that is gone still had to say.
  std::deque<std::vector<std::uint8_t>> farewell_;
  std::deque<GatewayOutput> outputs_;
};

}  // namespace sallyport::gateway
