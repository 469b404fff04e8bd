#include "world.h"

#include <algorithm>

#include "base/check.h"
#include "unsealed.h"

namespace sallyport::sim {

using namespace openvpn;

namespace {

constexpr std::size_t kKept = 1000;

std::vector<std::uint8_t> key_bytes(std::size_t size, std::uint8_t start) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(start + i);
  return bytes;
}

}  // namespace

const TlsCryptV2ServerKey& server_key() {
  static const TlsCryptV2ServerKey key(key_bytes(TlsCryptV2ServerKey::kSize, 9));
  return key;
}

ControlWrap make_wrap(WrapKind kind) {
  StaticKey key(key_bytes(StaticKey::kSize, 3));
  switch (kind) {
    case WrapKind::kPlain:
      return PlainWrap{};
    case WrapKind::kTlsAuth:
      return TlsAuthWrap{std::move(key), KeyDirection::kInverse, crypto::Digest::sha256()};
    case WrapKind::kTlsAuthBothWays:
      return TlsAuthWrap{std::move(key), std::nullopt, crypto::Digest::sha1()};
    case WrapKind::kTlsCrypt:
      return TlsCryptWrap{std::move(key)};
    case WrapKind::kTlsCryptV2: {
      const std::vector<std::uint8_t> metadata{0, 'u', 's', 'e', 'r'};
      const auto wrapped = server_key().wrap(key, metadata);
      return TlsCryptV2Wrap{TlsCryptV2ClientKey(std::move(key), wrapped)};
    }
  }
  CHECK(false);
}

Profile make_profile(ControlWrap wrap) {
  Profile profile;
  profile.name = "simulated";
  profile.wraps.push_back(std::move(wrap));
  Remote remote;
  remote.host = kServerAddress.to_string();
  profile.remotes.push_back(remote);
  profile.ciphers.offered = {DataCipher::kAes256Gcm, DataCipher::kAes128Gcm};
  profile.pull.pull = true;
  return profile;
}

World::Setup World::with_keepalive() {
  Setup setup;
  setup.script.push += ",ping 5,ping-restart 20";
  return setup;
}

World::World(Setup setup)
    : now_{base::Instant(std::chrono::seconds(1000)),
           base::WallTime(std::chrono::seconds(1'900'000'000))},
      path_(setup.weather, setup.seed),
      client_rng_(setup.seed * 2 + 1),
      server_rng_(setup.seed * 2 + 2),
      server_wrap_(make_wrap(setup.wrap)),
      script_(std::move(setup.script)) {
  restart_server();
  std::vector<ClientProfile> profiles(setup.profiles);
  for (ClientProfile& each : profiles) {
    each.profile = make_profile(make_wrap(setup.wrap));
    if (setup.change_profile != nullptr) setup.change_profile(each.profile);
    each.tls = std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kClient);
  }
  if (setup.change_second != nullptr) setup.change_second(profiles.at(1).profile);
  client_ = std::make_unique<Client>(std::move(profiles), std::move(setup.login), client_rng_);
  client_->reconnect(now_);
}

void World::restart_server() {
  server_ = std::make_unique<ScriptedServer>(script_, server_wrap_, &server_key(), server_tls_,
                                             server_rng_);
}

bool World::connect() {
  return run_until([this] { return connected(); }, std::chrono::minutes(10));
}

void World::run_for(base::Duration duration) {
  run_until([] { return false; }, duration);
}

void World::pump() {
  while (auto arrival = path_.arrived(now_.mono)) deliver(std::move(*arrival));
  client_->handle_timeout(now_);
  server_->handle_timeout(now_);
  pump_client();
  while (auto packet = server_->poll_packet(now_)) {
    inspect(*packet);
    path_.send(now_.mono, Towards::kClient, std::move(*packet));
  }
}

void World::pump_client() {
  for (bool more = true; more;) {
    more = false;
    while (const auto output = client_->poll(now_)) {
      more = true;
      act(*output);
    }
    while (auto packet = client_->poll_packet(now_)) {
      more = true;
      inspect(*packet);
      if (sent.size() < kKept) sent.push_back(*packet);
      path_.send(now_.mono, Towards::kServer, std::move(*packet));
    }
  }
}

void World::act(const ClientOutput& output) {
  if (const auto* resolve = std::get_if<ResolveRequest>(&output)) {
    ++resolves;
    client_->handle_resolved(now_, names[resolve->host],
                             names[resolve->host].empty() ? "no such name" : "");
  } else if (const auto* connect = std::get_if<ConnectRequest>(&output)) {
    attempts.push_back(*connect);
    if (refuse_connections) return client_->handle_disconnected(now_, "connection refused");
    client_->handle_connected(now_);
  } else if (const auto* up = std::get_if<TunnelUp>(&output)) {
    ups.push_back(*up);
  } else if (const auto* changed = std::get_if<TunnelChanged>(&output)) {
    changes.push_back(changed->options);
  } else if (const auto* down = std::get_if<TunnelDown>(&output)) {
    downs.push_back(down->down);
  } else if (const auto* note = std::get_if<Note>(&output)) {
    notes.push_back(note->text);
  }
}

void World::deliver(LossyPath::Arrival arrival) {
  if (arrival.towards == Towards::kServer) {
    // Only kServerAddress has a server; other addresses are silent.
    if (!attempts.empty() && attempts.back().address == kServerAddress)
      server_->handle_packet(now_, std::move(arrival.packet));
    return;
  }
  Session* const session = client_->session();
  if (session == nullptr || arrival.packet.empty()) return;
  const auto first = parse_first_byte(arrival.packet[0]);
  if (!first || !is_data(first->opcode)) {
    const auto handled = session->handle_control(now_, arrival.packet);
    if (!handled) drops.add(handled.error());
    return;
  }
  const auto opened = session->open(arrival.packet);
  if (!opened) {
    drops.add(opened.error());
  } else if (opened->kind == Opened::Kind::kPacket) {
    received.emplace_back(base::text_of(opened->packet));
  }
  session->data_batch_done(now_);
}

bool World::send_inside(std::string_view plain) {
  Session* const session = client_->session();
  if (session == nullptr || !session->ready()) return false;
  auto packet = testing::unsealed(session->seal_room(), base::bytes_of(plain));
  const bool sealed = session->seal(packet, plain.size()).has_value();
  session->data_batch_done(now_);
  if (!sealed) return false;
  inspect(packet);
  path_.send(now_.mono, Towards::kServer, std::move(packet));
  return true;
}

void World::inspect(const std::vector<std::uint8_t>& packet) {
  for (const std::string& text : forbidden) {
    if (base::text_of(packet).find(text) != std::string_view::npos) leaked = true;
  }
}

std::optional<base::Instant> World::next_event() const {
  std::optional<base::Instant> next;
  for (const auto at : {path_.next_arrival(), client_->next_deadline(), server_->next_deadline()}) {
    if (at) next = next ? std::min(*next, *at) : *at;
  }
  return next;
}

}  // namespace sallyport::sim
