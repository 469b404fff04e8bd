#include "server_world.h"

#include "base/check.h"
#include "base/endian.h"
#include "unsealed.h"

namespace sallyport::sim {

using namespace openvpn;

namespace {

constexpr std::size_t kIpHeader = 20;

// Server `index` of `count` has its own part of the addresses.
void slice(PoolOptions& pool, std::size_t index, std::size_t count) {
  const std::uint32_t first = pool.first, size = pool.last - pool.first + 1;
  const auto begin = [&](std::size_t i) {
    return first + static_cast<std::uint32_t>(size * i / count);
  };
  // Of IPv6, where there are enough, a network of its own, eight bits longer.
  if (count > 1) {
    auto bytes = pool.network6->address().bytes();
    bytes[8] = static_cast<std::uint8_t>(index);
    pool.network6 = base::IpPrefix(base::IpAddress::v6(bytes), 72);
    bytes[14] = 0x10;
    pool.first6 = base::IpAddress::v6(bytes);
  }
  pool.first = begin(index);
  pool.last = begin(index + 1) - 1;
}

std::uint8_t certificate_of(std::size_t client) {
  return static_cast<std::uint8_t>(1 + client % 250);
}

}  // namespace

ServerWraps make_server_wraps(WrapKind kind) {
  ServerWraps wraps;
  ControlWrap wrap = make_wrap(kind);
  if (auto* auth = std::get_if<TlsAuthWrap>(&wrap)) {
    if (auth->direction) auth->direction = opposite(*auth->direction);
    wraps.other = std::move(*auth);
  } else if (auto* crypt = std::get_if<TlsCryptWrap>(&wrap)) {
    wraps.other = std::move(*crypt);
  } else if (kind == WrapKind::kPlain) {
    wraps.other = PlainWrap{};
  } else {
    wraps.tls_crypt_v2 = server_key().clone();
  }
  return wraps;
}

ServerConfig make_server_config(WrapKind kind) {
  ServerConfig config;
  config.name = "simulated";
  config.topology = Topology::kSubnet;
  config.wraps = make_server_wraps(kind);
  config.ciphers = {DataCipher::kAes256Gcm};
  PoolOptions pool;
  pool.network = *base::IpPrefix::parse("10.8.0.0/24");
  pool.own = *base::IpAddress::parse("10.8.0.1");
  pool.first = pool.network.address().v4_value() + 2;
  pool.last = pool.network.address().v4_value() + 254;
  pool.network6 = base::IpPrefix::parse("fd00:8::/64");
  pool.own6 = *base::IpAddress::parse("fd00:8::1");
  pool.first6 = *base::IpAddress::parse("fd00:8::1000");
  pool.size6 = 65'536;
  config.pool = pool;
  config.push = {"topology subnet", "route-gateway 10.8.0.1", "ping 10", "ping-restart 60"};
  config.tunnel.ping = std::chrono::seconds(10);
  config.tunnel.ping_restart = std::chrono::seconds(120);
  return config;
}

UserList list_of_users(std::string_view name, std::string_view second) {
  const std::string hash =
      ":$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(43, 'A') + "\n";
  return *UserList::parse(std::string(name) + hash + std::string(second) + hash);
}

std::vector<std::uint8_t> ip_packet(const base::IpAddress& source,
                                    const base::IpAddress& destination, std::string_view text) {
  std::vector<std::uint8_t> packet(kIpHeader + text.size());
  packet[0] = 0x45;
  base::store_u32(packet, 12, source.v4_value());
  base::store_u32(packet, 16, destination.v4_value());
  base::copy_bytes(base::bytes_of(text), std::span(packet).subspan(kIpHeader));
  return packet;
}

std::string payload_of(base::Bytes packet) {
  return std::string(base::text_of(packet.subspan(std::min(packet.size(), kIpHeader))));
}

ServerWorld::ServerWorld(Setup setup)
    : now_{base::Instant(std::chrono::seconds(1000)),
           base::WallTime(std::chrono::seconds(1'900'000'000))},
      rng_(setup.seed) {
  const auto key = base::random_bytes<CookieJar::kKeySize>(rng_);
  for (std::size_t i = 0; i < setup.servers; ++i) {
    ServerConfig config = make_server_config(setup.wrap);
    slice(*config.pool, i, setup.servers);
    if (setup.change_config) setup.change_config(config);
    auto tls = std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kServer,
                                                         static_cast<std::uint32_t>(1000 * i));
    if (server_tls == nullptr) server_tls = tls.get();
    servers_.push_back(std::make_unique<Server>(std::move(config), std::move(tls), key, rng_));
  }
  for (std::size_t i = 0; i < setup.clients; ++i) {
    auto side = std::make_unique<ClientSide>(setup.seed * 1000 + i + 1, setup.weather);
    const bool stream = setup.transport == Transport::kTcp;
    side->path = {stream ? kFirstStream + static_cast<std::uint32_t>(i) : 0,
                  base::IpAddress::v4(0xc6336400 + static_cast<std::uint32_t>(i)), 40000};
    std::vector<ClientProfile> profiles(1);
    profiles[0].profile = make_profile(make_wrap(setup.wrap));
    profiles[0].profile.remotes[0].transport = setup.transport;
    if (setup.login) profiles[0].profile.login.wanted = true;
    if (setup.change_profile) setup.change_profile(profiles[0].profile);
    auto tls = std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kClient);
    tls->present(i < setup.certificates.size() ? setup.certificates[i] : certificate_of(i));
    profiles[0].tls = std::move(tls);
    std::optional<Credentials> login;
    if (setup.login) login = setup.login->clone();
    side->client = std::make_unique<Client>(std::move(profiles), std::move(login), side->rng);
    side->client->reconnect(now_);
    clients_.push_back(std::move(side));
  }
}

bool ServerWorld::all_connected() const {
  return std::ranges::all_of(clients_, [](const auto& side) { return side->connected(); });
}

void ServerWorld::pump() {
  for (const auto& side : clients_) {
    while (auto arrival = side->network.arrived(now_.mono)) {
      if (arrival->towards == Towards::kServer) {
        if (overhear) overheard.emplace_back(side->path, arrival->packet);
        arrive(side->path, arrival->packet);
        continue;
      }
      Session* const session = side->client->session();
      if (session == nullptr || arrival->packet.empty()) continue;
      const auto first = parse_first_byte(arrival->packet[0]);
      if (first && is_data(first->opcode)) {
        const auto opened = session->open(arrival->packet);
        if (opened && opened->kind == Opened::Kind::kPacket)
          side->received.push_back(payload_of(opened->packet));
        session->data_batch_done(now_);
      } else {
        static_cast<void>(session->handle_control(now_, arrival->packet));
      }
    }
    side->client->handle_timeout(now_);
    pump_client(*side);
  }
  for (const auto& server : servers_) {
    server->batch_done(now_);
    server->handle_timeout(now_);
  }
  pump_servers();
}

std::size_t ServerWorld::home_of(const Path& path) const {
  std::size_t hash = path.port;
  for (const std::uint8_t byte : path.address.bytes()) hash = hash * 31 + byte;
  return hash % servers_.size();
}

void ServerWorld::arrive(const Path& path, base::MutableBytes packet) {
  Server& server = *servers_[home_of(path)];
  take(server, path.socket >= kFirstStream ? server.handle_stream(now_, path, packet)
                                           : server.handle_datagram(now_, path, packet));
}

void ServerWorld::pump_client(ClientSide& side) {
  for (bool more = true; more;) {
    more = false;
    while (auto output = side.client->poll(now_)) {
      more = true;
      if (std::holds_alternative<ConnectRequest>(*output)) side.client->handle_connected(now_);
      if (auto* up = std::get_if<TunnelUp>(&*output)) side.ups.push_back(std::move(*up));
      if (auto* down = std::get_if<TunnelDown>(&*output)) side.downs.push_back(down->down);
    }
    while (auto packet = side.client->poll_packet(now_)) {
      more = true;
      side.network.send(now_.mono, Towards::kServer, std::move(*packet));
    }
  }
}

void ServerWorld::pump_servers() {
  for (const auto& server : servers_) pump(*server);
}

void ServerWorld::pump(Server& server) {
  while (auto output = server.poll()) {
    if (auto* note = std::get_if<ServerNote>(&*output)) notes.push_back(std::move(note->text));
    if (auto* close = std::get_if<CloseStream>(&*output)) closed.push_back(close->socket);
    if (auto* check = std::get_if<PasswordCheck>(&*output)) checks.push_back(std::move(*check));
  }
  while (auto packet = server.poll_packet(now_)) {
    const auto side = std::ranges::find_if(
        clients_, [&](const auto& other) { return other->path == packet->path; });
    if (side == clients_.end()) {
      answers.push_back(std::move(*packet));
    } else {
      if (overhear) overheard_back.push_back(packet->packet);
      (*side)->network.send(now_.mono, Towards::kClient, std::move(packet->packet));
    }
  }
}

void ServerWorld::take(Server& server, const std::optional<Server::Inside>& packet) {
  if (!packet) return;
  if (!packet->to) {
    inside.push_back(payload_of(packet->packet));
    return;
  }
  auto sealed = testing::unsealed(server.seal_room(*packet->to), packet->packet);
  const auto path = server.seal(*packet->to, sealed, packet->packet.size());
  if (!path) return;
  for (const auto& side : clients_) {
    if (side->path == *path) side->network.send(now_.mono, Towards::kClient, std::move(sealed));
  }
}

void ServerWorld::inject(const Path& path, std::vector<std::uint8_t> packet) {
  arrive(path, packet);
  for (const auto& server : servers_) server->batch_done(now_);
  pump_servers();
}

bool ServerWorld::send_up(std::size_t index, const base::IpAddress& destination,
                          std::string_view text) {
  ClientSide& side = client(index);
  Session* const session = side.client->session();
  if (session == nullptr || !session->ready() || side.ups.empty()) return false;
  auto packet = sealed_up(index, destination, text);
  if (packet.empty()) return false;
  side.network.send(now_.mono, Towards::kServer, std::move(packet));
  return true;
}

std::vector<std::uint8_t> ServerWorld::sealed_up(std::size_t index,
                                                 const base::IpAddress& destination,
                                                 std::string_view text) {
  ClientSide& side = client(index);
  Session* const session = side.client->session();
  const auto plain = ip_packet(side.address(), destination, text);
  auto packet = testing::unsealed(session->seal_room(), plain);
  if (!session->seal(packet, plain.size())) return {};
  session->data_batch_done(now_);
  return packet;
}

bool ServerWorld::send_down(std::size_t index, std::string_view text) {
  ClientSide& side = client(index);
  if (side.ups.empty()) return false;
  Server& home = *servers_[home_of(side.path)];
  const auto id = home.client_at(side.address());
  if (!id) return false;
  const auto plain = ip_packet(home.config().pool->own, side.address(), text);
  auto packet = testing::unsealed(home.seal_room(*id), plain);
  const auto path = home.seal(*id, packet, plain.size());
  if (!path) return false;
  home.batch_done(now_);
  side.network.send(now_.mono, Towards::kClient, std::move(packet));
  return true;
}

std::optional<base::Instant> ServerWorld::next_event() const {
  std::optional<base::Instant> next;
  const auto at = [&next](const std::optional<base::Instant>& instant) {
    if (instant) next = next ? std::min(*next, *instant) : *instant;
  };
  for (const auto& server : servers_) at(server->next_deadline());
  for (const auto& side : clients_) {
    at(side->network.next_arrival());
    at(side->client->next_deadline());
  }
  return next;
}

}  // namespace sallyport::sim
