#include "gateway_world.h"

#include <algorithm>
#include <deque>

#include "net/ethernet.h"

namespace sallyport::sim {

using namespace openvpn;

namespace {

// As io::UdpSocket receives them.
constexpr std::size_t kBatch = 32;

constexpr net::MacAddress kClientMac(net::MacAddress::Octets{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00});

}  // namespace

GatewayWorld::GatewayWorld(ScriptedServer::Script script, std::uint64_t seed, Rules rules)
    : now_{base::Instant(std::chrono::seconds(1000)),
           base::WallTime(std::chrono::seconds(1'900'000'000))},
      rng_(seed),
      server_rng_(seed + 1),
      path_({}, seed + 2),
      gateway_(rng_),
      server_(std::make_unique<ScriptedServer>(std::move(script), server_wrap_, &server_key(),
                                               server_tls_, server_rng_)) {
  if (rules == Rules::kNone) gateway_.router().accept_all();
}

void GatewayWorld::use_profile(void (*change)(Profile&)) {
  std::vector<ClientProfile> profiles(1);
  profiles[0].profile = make_profile(make_wrap(WrapKind::kTlsCryptV2));
  if (change != nullptr) change(profiles[0].profile);
  profiles[0].tls =
      std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kClient);
  gateway_.use_profiles(now_, std::move(profiles), std::nullopt);
  settle();
}

bool GatewayWorld::connect() {
  for (int i = 0; i < 600 && gateway_.state() != gateway::State::kConnected; ++i)
    run_for(std::chrono::milliseconds(100));
  return gateway_.state() == gateway::State::kConnected;
}

net::ClientId GatewayWorld::add_client(std::string_view v4, std::string_view v6) {
  gateway::ClientSetup setup{std::string(v4), kClientMac, base::IpAddress::parse(v4).value(), {}};
  if (!v6.empty()) setup.v6 = base::IpAddress::parse(v6);
  return gateway_.router().attach(std::move(setup)).value();
}

void GatewayWorld::send(net::ClientId from, const std::vector<std::uint8_t>& packet,
                        const net::Offload& offload) {
  std::vector<std::uint8_t> frame(net::EthernetHeader::kSize);
  const auto type = packet[0] >> 4 == 4 ? net::EtherType::kIpv4 : net::EtherType::kIpv6;
  net::EthernetHeader{gateway::kGatewayMac, kClientMac, type}.write(frame);
  frame.insert(frame.end(), packet.begin(), packet.end());
  gateway_.router().handle_inside(now_, from, frame, offload);
  gateway_.batch_done(now_);
  settle();
}

std::vector<std::vector<std::uint8_t>> GatewayWorld::through(
    net::ClientId from, const std::vector<std::uint8_t>& packet, const net::Offload& offload) {
  server_->received.clear();
  send(from, packet, offload);
  run_for(std::chrono::milliseconds(60));
  std::vector<std::vector<std::uint8_t>> packets;
  for (const std::string& text : server_->received) packets.emplace_back(text.begin(), text.end());
  return packets;
}

void GatewayWorld::send_from_tunnel(const std::vector<std::uint8_t>& packet) {
  server_->send_data(base::text_of(packet));
  run_for(std::chrono::milliseconds(50));
}

std::vector<std::vector<std::uint8_t>> GatewayWorld::delivered(net::ClientId to) {
  std::vector<std::vector<std::uint8_t>> packets;
  std::erase_if(delivered_, [&](Delivered& entry) {
    if (entry.client != to) return false;
    packets.push_back(std::move(entry.packet));
    return true;
  });
  return packets;
}

void GatewayWorld::settle() {
  gateway::InsideBatch& inside = gateway_.router().inside();
  for (const auto& frame : inside.frames()) {
    std::vector<std::uint8_t> bytes;
    for (const base::Bytes piece : inside.pieces_of(frame))
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    bytes.erase(bytes.begin(), bytes.begin() + net::EthernetHeader::kSize);
    delivered_.push_back({frame.client, std::move(bytes)});
  }
  inside.clear();

  gateway::OutsideBatch& outside = gateway_.router().outside();
  for (const gateway::OutsideTrain& train : outside.trains()) {
    for (base::Bytes rest = train.bytes; !rest.empty();) {
      const base::Bytes packet = rest.first(std::min(rest.size(), train.segment_size));
      rest = rest.subspan(packet.size());
      ++sealed_packets;
      inspect(packet);
      path_.send(now_.mono, Towards::kServer, {packet.begin(), packet.end()});
    }
  }
  outside.clear();

  for (bool more = true; more;) {
    more = false;
    while (const auto packet = gateway_.poll_packet(now_)) {
      inspect(*packet);
      if (uplink_open_) path_.send(now_.mono, Towards::kServer, *packet);
    }
    while (const auto output = gateway_.poll(now_)) {
      more = true;
      act(*output);
    }
  }
}

void GatewayWorld::act(const gateway::GatewayOutput& output) {
  if (const auto* resolve = std::get_if<ResolveRequest>(&output)) {
    resolves.push_back(*resolve);
    if (resolution)
      gateway_.handle_resolved(now_, *resolution, resolution->empty() ? "no such name" : "");
  } else if (const auto* connect = std::get_if<ConnectRequest>(&output)) {
    attempts.push_back(*connect);
    uplink_open_ = answer_connects;
    if (answer_connects) gateway_.handle_connected(now_);
  } else if (std::holds_alternative<CloseRequest>(output)) {
    uplink_open_ = false;
  } else if (const auto* change = std::get_if<gateway::StateChanged>(&output)) {
    changes.push_back(*change);
  } else if (const auto* line = std::get_if<gateway::LogLine>(&output)) {
    log.push_back(line->text);
  } else if (std::holds_alternative<gateway::NewsInStatus>(output)) {
    ++news;
  }
}

void GatewayWorld::inspect(base::Bytes bytes) {
  if (base::text_of(bytes).find(kMarker) != std::string_view::npos) leaked = true;
}

void GatewayWorld::pump() {
  // What arrives together is one batch, whose memory goes when it has been delivered.
  std::deque<std::vector<std::uint8_t>> batch;
  const auto deliver = [&] {
    gateway_.batch_done(now_);
    settle();
    batch.clear();
  };
  while (auto arrival = path_.arrived(now_.mono)) {
    if (arrival->towards == Towards::kServer) {
      server_->handle_packet(now_, std::move(arrival->packet));
    } else if (uplink_open_) {
      gateway_.handle_packet(now_, batch.emplace_back(std::move(arrival->packet)));
      if (batch.size() == kBatch) deliver();
    }
  }
  if (!batch.empty()) deliver();
  gateway_.handle_timeout(now_);
  settle();
  server_->handle_timeout(now_);
  while (auto packet = server_->poll_packet(now_))
    path_.send(now_.mono, Towards::kClient, std::move(*packet));
}

std::optional<base::Instant> GatewayWorld::next_event() const {
  std::optional<base::Instant> next;
  for (const auto at : {path_.next_arrival(), gateway_.next_deadline(), server_->next_deadline()}) {
    if (at) next = next ? std::min(*next, *at) : *at;
  }
  return next;
}

void GatewayWorld::set_calendar(std::chrono::seconds ahead) {
  now_.wall += ahead;
  gateway_.handle_clock_set(now_);
}

void GatewayWorld::run_for(base::Duration duration) {
  const base::Instant end = now_.mono + duration;
  for (pump(); now_.mono < end; pump()) {
    const base::Instant target = std::clamp(next_event().value_or(end), now_.mono, end);
    now_.wall += std::chrono::floor<std::chrono::seconds>(target.time_since_epoch()) -
                 std::chrono::floor<std::chrono::seconds>(now_.mono.time_since_epoch());
    now_.mono = target;
  }
}

}  // namespace sallyport::sim
