#include "gateway/gateway.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "gateway/tunnel_warnings.h"
#include "openvpn/proxy/socks5.h"

namespace sallyport::gateway {
namespace {

// Less is a clock being put right.
constexpr base::Duration kSleep = std::chrono::seconds(30);

std::string describe_remote(const openvpn::Remote& remote, const openvpn::ProxyOptions* proxy,
                            const std::optional<base::IpAddress>& address) {
  std::string text = remote.host + ":" + std::to_string(remote.port);
  text += remote.transport == openvpn::Transport::kUdp ? " udp" : " tcp";
  if (proxy != nullptr) {
    text +=
        proxy->kind == openvpn::ProxyKind::kHttp ? " through http proxy " : " through socks proxy ";
    text += proxy->host + ":" + std::to_string(proxy->port);
  }
  const std::string& host = proxy != nullptr ? proxy->host : remote.host;
  if (address && address->to_string() != host) text += " (" + address->to_string() + ")";
  return text;
}

// What stands before each datagram; empty: there is no relay.
std::vector<std::uint8_t> relay_header(const openvpn::Client& client) {
  const openvpn::Remote& remote = client.remote();
  if (client.proxy() == nullptr || remote.transport != openvpn::Transport::kUdp) return {};
  return openvpn::socks_datagram_header({remote.host, remote.port});
}

net::TunnelAddresses addresses_of(const openvpn::TunnelOptions& options) {
  net::TunnelAddresses addresses;
  if (options.ifconfig && !options.block_ipv4) addresses.v4 = options.ifconfig->local;
  if (options.ifconfig_ipv6 && !options.block_ipv6) addresses.v6 = options.ifconfig_ipv6->local;
  return addresses;
}

}  // namespace

Gateway::Gateway(base::Rng& rng) : rng_(rng), router_(rng) {}

void Gateway::use_profiles(base::Now now, std::vector<openvpn::ClientProfile> profiles,
                           std::optional<openvpn::Credentials> login) {
  if (client_) block(now, "changing profile");
  if (!clock_) clock_ = now;
  was_up_ = false;
  client_.emplace(std::move(profiles), std::move(login), rng_);
  reason_ = "connecting";
  hint_ = {};
  client_->reconnect(now);
  take_client_outputs(now);
}

void Gateway::block(base::Now now, std::string why) {
  router_.lose_tunnel();
  losses_ = {};
  router_.outside().clear();
  if (client_) {
    client_->stop(now);
    while (auto packet = client_->poll_packet(now)) farewell_.push_back(std::move(*packet));
    client_.reset();
    outputs_.push_back(openvpn::CloseRequest{});
  }
  reason_ = std::move(why);
  hint_ = {};
  update_state(now);
}

void Gateway::reconnect(base::Now now) {
  if (!client_) return;
  client_->reconnect(now);
  take_client_outputs(now);
}

void Gateway::start_over(base::Now now, const std::string& why) {
  if (!client_ || client_->held_back() || client_->phase() == openvpn::Client::Phase::kLeaving) {
    return;
  }
  client_->reconnect(now, why);
  take_client_outputs(now);
}

void Gateway::handle_new_path(base::Now now) {
  start_over(now, "the uplink has changed");
}

void Gateway::handle_clock_set(base::Now now) {
  const auto before = std::exchange(clock_, now);
  if (!before) return;
  const base::Duration asleep = (now.wall - before->wall) - (now.mono - before->mono);
  if (asleep >= kSleep) start_over(now, "this machine was asleep");
}

void Gateway::handle_path_mtu(std::size_t mtu) {
  path_mtu_ = mtu;
  if (state_ == State::kConnected) router_.set_limits(limits());
}

bool Gateway::answer(base::Now now, base::SecretBytes text) {
  if (!client_ || !client_->answer(now, std::move(text))) return false;
  take_client_outputs(now);
  return true;
}

void Gateway::stop(base::Now now) {
  if (!client_) return;
  client_->stop(now);
  take_client_outputs(now);
}

bool Gateway::left() const {
  return !client_ || client_->phase() == openvpn::Client::Phase::kBlocked;
}

void Gateway::handle_resolved(base::Now now, const std::vector<base::IpAddress>& addresses,
                              const std::string& failure) {
  if (client_) client_->handle_resolved(now, addresses, failure);
  take_client_outputs(now);
}

void Gateway::handle_connected(base::Now now) {
  if (client_) client_->handle_connected(now);
  take_client_outputs(now);
}

void Gateway::handle_disconnected(base::Now now, const std::string& why) {
  // What the server said before it closed comes first: a refusal is no broken stream.
  take_client_outputs(now);
  if (client_) client_->handle_disconnected(now, why);
  take_client_outputs(now);
}

void Gateway::handle_packet(base::Now now, base::MutableBytes packet) {
  openvpn::Session* const session = client_ ? client_->session() : nullptr;
  if (session == nullptr || packet.empty()) return;
  const auto first = openvpn::parse_first_byte(packet[0]);
  if (first && openvpn::is_data(first->opcode)) {
    const auto opened = session->open(packet);
    if (!opened) return lose(now, opened.error());
    if (opened->kind == openvpn::Opened::Kind::kPacket) router_.handle_outside(now, opened->packet);
    if (opened->kind != openvpn::Opened::Kind::kPiece) ++opened_;
    return;
  }
  const auto handled = session->handle_control(now, packet);
  if (!handled) dropped_outside_.add(handled.error());
}

void Gateway::lose(base::Now now, openvpn::DropReason reason) {
  dropped_outside_.add(reason);
  if (state_ == State::kConnected && losses_.lost(now.mono, reason, packets_used()))
    tell_losses(now);
}

std::uint64_t Gateway::packets_used() const {
  return opened_ - router_.refused()[Refusal::kOutsideMalformed];
}

void Gateway::tell_losses(base::Now now) {
  outputs_.push_back(NewsInStatus{});
  if (!losses_said_.has_room(now.mono)) return;
  losses_said_.take();
  log(losses_.trouble() ? loss_text() : "the server's packets are used again");
}

std::string Gateway::loss_text() const {
  return openvpn::describe_loss("the server", *losses_.trouble());
}

void Gateway::batch_done(base::Now now) {
  router_.outside_batch_done(now);
  const std::uint64_t malformed = router_.refused()[Refusal::kOutsideMalformed];
  for (; malformed_ != malformed; ++malformed_) {
    if (losses_.lost(now.mono, openvpn::DropReason::kNotIp, packets_used())) tell_losses(now);
  }
  if (client_ && client_->session() != nullptr) client_->session()->data_batch_done(now);
  // Almost no batch leads to anything.
  if (client_ && client_->has_output()) take_client_outputs(now);
}

void Gateway::handle_timeout(base::Now now) {
  router_.handle_timeout(now);
  if (client_) client_->handle_timeout(now);
  if (losses_.handle_timeout(now.mono, packets_used())) tell_losses(now);
  take_client_outputs(now);
}

std::optional<base::Instant> Gateway::next_deadline() const {
  const auto of_router = router_.next_deadline();
  const auto of_client = client_ ? client_->next_deadline() : std::nullopt;
  auto next = of_router;
  if (of_client && (!next || *of_client < *next)) next = of_client;
  const auto of_losses = losses_.next_deadline();
  if (of_losses && (!next || *of_losses < *next)) next = of_losses;
  return next;
}

std::optional<GatewayOutput> Gateway::poll(base::Now now) {
  take_client_outputs(now);
  if (outputs_.empty()) return std::nullopt;
  GatewayOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<std::vector<std::uint8_t>> Gateway::poll_packet(base::Now now) {
  if (!farewell_.empty()) {
    std::vector<std::uint8_t> packet = std::move(farewell_.front());
    farewell_.pop_front();
    return packet;
  }
  return client_ ? client_->poll_packet(now) : std::nullopt;
}

void Gateway::take_client_outputs(base::Now now) {
  while (client_) {
    auto output = client_->poll(now);
    if (!output) break;
    if (auto* up = std::get_if<openvpn::TunnelUp>(&*output)) {
      on_up(now, std::move(*up));
    } else if (auto* changed = std::get_if<openvpn::TunnelChanged>(&*output)) {
      on_changed(now, std::move(changed->options));
    } else if (const auto* down = std::get_if<openvpn::TunnelDown>(&*output)) {
      on_down(*down);
    } else if (auto* note = std::get_if<openvpn::Note>(&*output)) {
      log(std::move(note->text));
    } else if (auto* resolve = std::get_if<openvpn::ResolveRequest>(&*output)) {
      outputs_.push_back(std::move(*resolve));
    } else if (auto* connect = std::get_if<openvpn::ConnectRequest>(&*output)) {
      outputs_.push_back(*connect);
    } else {
      outputs_.push_back(openvpn::CloseRequest{});
    }
  }
  update_state(now);
}

void Gateway::on_up(base::Now now, openvpn::TunnelUp up) {
  was_up_ = true;
  losses_ = {};
  reason_.clear();
  hint_ = {};
  tunnel_ = std::move(up);
  use_tunnel(now);
}

// Flows go on where the tunnel's addresses stay.
void Gateway::on_changed(base::Now now, openvpn::TunnelOptions options) {
  if (changes_said_.has_room(now.mono)) {
    changes_said_.take();
    log("the server changed the tunnel's options");
  }
  tunnel_.options = std::move(options);
  use_tunnel(now);
}

void Gateway::use_tunnel(base::Now now) {
  const openvpn::TunnelOptions& options = tunnel_.options;
  openvpn::Session* const session = client_->session();
  const openvpn::Remote& remote = client_->remote();
  const openvpn::DataChannel& data = session->data();

  Router::Tunnel tunnel;
  tunnel.session = session;
  tunnel.addresses = addresses_of(options);
  tunnel.resolvers = options.dns_servers;
  tunnel.served = ServedNetworks::of(options);
  note_warnings(tunnel_warnings(options, tunnel.served));
  tunnel.limits = limits();
  tunnel.datagram_prefix = relay_header(*client_);
  tunnel.most_pieces = data.most_pieces(options.tun_mtu);
  router_.outside().clear();
  const bool stream = remote.transport == openvpn::Transport::kTcp;
  router_.use_tunnel(now, std::move(tunnel),
                     stream ? OutsideFraming::kStream : OutsideFraming::kDatagrams);
}

openvpn::OuterPath Gateway::outer_path() const {
  return {!client_->remote_address()->is_v4(), client_->remote().transport,
          relay_header(*client_).size()};
}

PacketLimits Gateway::limits() {
  return packet_limits(tunnel_.options, outer_path(), client_->session()->data().packet_room(),
                       path_mtu_);
}

void Gateway::note_warnings(std::vector<std::string> warnings) {
  for (const std::string& warning : warnings) {
    if (std::ranges::find(warnings_, warning) == warnings_.end()) log(warning);
  }
  if (warnings == warnings_) return;
  warnings_ = std::move(warnings);
  // A tunnel that is only coming up is told of anyway.
  if (state_ == State::kConnected) outputs_.push_back(NewsInStatus{});
}

void Gateway::on_down(const openvpn::TunnelDown& down) {
  // First of all: nothing more is sealed, and what was is not sent.
  router_.lose_tunnel();
  losses_ = {};
  router_.outside().clear();
  reason_ = std::string(openvpn::describe(down.down.reason)) + ": " + down.down.text;
  hint_ = openvpn::hint_for(down.down.reason);
  log((down.was_up ? "tunnel down: " : "no tunnel: ") + reason_);
}

State Gateway::state_of_client() const {
  if (!client_ || client_->held_back()) return State::kBlocked;
  switch (client_->phase()) {
    case openvpn::Client::Phase::kBlocked:
    case openvpn::Client::Phase::kLeaving:
      return State::kBlocked;
    case openvpn::Client::Phase::kConnected:
      return State::kConnected;
    case openvpn::Client::Phase::kResolving:
      return was_up_ ? State::kReconnecting : State::kResolving;
    case openvpn::Client::Phase::kWaiting:
    case openvpn::Client::Phase::kConnecting:
    case openvpn::Client::Phase::kNegotiating:
      return was_up_ ? State::kReconnecting : State::kConnecting;
  }
  CHECK(false);
}

void Gateway::update_state(base::Now now) {
  const State state = state_of_client();
  router_.set_policy(policy_for(state));
  const std::string said = std::exchange(said_, news());
  if (state == state_ && since_ != base::WallTime{}) {
    if (said != said_) outputs_.push_back(NewsInStatus{});
    return;
  }
  state_ = state;
  since_ = now.wall;
  outputs_.push_back(StateChanged{state, reason_});
}

// What a follower of status waits for, besides the state and warnings, which are told when they
// change: this is asked in every turn.
std::string Gateway::news() const {
  std::string text = reason_;
  if (client_ && client_->question()) text += '\n' + client_->question()->text;
  if (client_) text += '\n' + client_->login_page();
  return text;
}

Status Gateway::status() const {
  Status status;
  status.state = state_;
  status.reason = reason_;
  status.hint = hint_;
  status.since = since_;
  if (client_) {
    status.login_page = client_->login_page();
    if (const auto& question = client_->question()) {
      status.question = question->text;
      status.question_echo = question->echo;
    }
    status.profile = client_->profile().name;
    status.remote = describe_remote(client_->remote(), client_->proxy(), client_->remote_address());
  }
  if (state_ == State::kConnected) {
    const net::TunnelAddresses addresses = addresses_of(tunnel_.options);
    if (addresses.v4) status.tunnel_v4 = addresses.v4->to_string();
    if (addresses.v6) status.tunnel_v6 = addresses.v6->to_string();
    for (const base::IpAddress& resolver : tunnel_.options.dns_servers)
      status.resolvers.push_back(resolver.to_string());
    status.warnings = warnings_;
    if (losses_.trouble()) status.warnings.push_back(loss_text());
    status.mtu = router_.limits().v4;
    status.cipher = tunnel_.cipher;
    status.tls = tunnel_.tls_description;
  }
  router_.each_client([&](const InsideClient& client) {
    const ClientSetup& setup = client.setup();
    status.clients.push_back(
        {client.id(), setup.name, setup.v4.to_string(), setup.v6 ? setup.v6->to_string() : "",
         client.to_outside, client.from_outside, client.refused, router_.flow_count(client.id())});
  });
  status.to_outside = router_.to_outside();
  status.from_outside = router_.from_outside();
  status.refused = router_.refused();
  status.dropped_outside = dropped_outside_;
  status.flows = router_.flow_count();
  return status;
}

}  // namespace sallyport::gateway
