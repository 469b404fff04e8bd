#include "openvpn/server/server.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "openvpn/profile/printable.h"
#include "openvpn/wire/opcode.h"

namespace sallyport::openvpn {
namespace {

// Beside max-clients, as many may be on their way in, or half-way out.
constexpr std::size_t kMostHandshaking = 1024;
// Once half of that is taken, as many from one place: it may be a crowd behind one address, but
// there is to be room for others.
constexpr std::size_t kMostFromOnePlace = 64;
// Replies without state wait for the socket, not for each other.
constexpr std::size_t kMostReplies = 256;

constexpr std::size_t kOuterHeaders4 = 28;
constexpr std::size_t kOuterHeaders6 = 48;

struct IpEnds {
  base::IpAddress source;
  base::IpAddress destination;
};

std::optional<IpEnds> ends_of(base::Bytes packet) {
  if (packet.size() >= 20 && packet[0] >> 4 == 4) {
    return IpEnds{base::IpAddress::v4(base::load_u32(packet, 12)),
                  base::IpAddress::v4(base::load_u32(packet, 16))};
  }
  if (packet.size() < 40 || packet[0] >> 4 != 6) return std::nullopt;
  std::array<std::uint8_t, 16> source{}, destination{};
  base::copy_bytes(packet.subspan(8, 16), source);
  base::copy_bytes(packet.subspan(24, 16), destination);
  return IpEnds{base::IpAddress::v6(source), base::IpAddress::v6(destination)};
}

AuthTokenKey token_key_of(const ServerConfig& config, base::Rng& rng) {
  return config.login.token_key ? config.login.token_key->clone() : AuthTokenKey::random(rng);
}

}  // namespace

Server::Server(ServerConfig config, std::unique_ptr<crypto::TlsFactory> tls, base::Bytes cookie_key,
               base::Rng& rng)
    : config_(std::make_shared<const ServerConfig>(std::move(config))),
      tls_(std::move(tls)),
      rng_(rng),
      cookie_key_(cookie_key),
      listener_(std::make_unique<Listener>(config_->wraps, config_->key_policy, config_->door,
                                           cookie_key_.reveal(), rng)),
      token_key_(token_key_of(*config_, rng)),
      pool_(*config_->pool, config_->topology) {
  pool_.keep_for_owners(fixed_addresses(*config_));
}

std::optional<Server::Inside> Server::handle_datagram(base::Now now, const Path& path,
                                                      base::MutableBytes packet) {
  if (packet.empty()) return std::nullopt;
  const auto first = parse_first_byte(packet[0]);
  if (first && is_data(first->opcode)) return handle_data(now, path, *first, packet);
  handle_control(now, path, /*stream=*/false, packet);
  return std::nullopt;
}

std::optional<Server::Inside> Server::handle_stream(base::Now now, const Path& path,
                                                    base::MutableBytes packet) {
  const auto first = parse_first_byte(packet[0]);
  std::optional<Inside> inside;
  if (first && is_data(first->opcode)) {
    inside = handle_data(now, path, *first, packet);
  } else {
    handle_control(now, path, /*stream=*/true, packet);
  }
  // Nobody came in by it, and nobody will.
  if (!inside && !clients_.any_at(path)) outputs_.push_back(CloseStream{path.socket});
  return inside;
}

void Server::handle_control(base::Now now, const Path& path, bool stream,
                            base::MutableBytes packet) {
  const auto header = ControlHeader::parse(packet);
  if (!header) return drop(header.error());
  if (const auto id = clients_.with_session(path, header->session)) {
    const auto handled = clients_[*id].session->handle_control(now, packet);
    if (!handled) drop(handled.error());
    return settle(now, *id);
  }
  // A connection is for one client, as with OpenVPN; who is in it is not looked for.
  if (stream && clients_.any_at(path)) return drop(DropReason::kBadSession);
  if (stopping_) return drop(DropReason::kServerFull);
  Listener::Outcome outcome = stream ? listener_->handle_stream(now, packet)
                                     : listener_->handle_datagram(now, path, packet);
  while (auto refusal = listener_->poll_refusal()) note(std::move(*refusal));
  if (const auto* reason = std::get_if<DropReason>(&outcome)) return drop(*reason);
  if (auto* reply = std::get_if<Listener::Reply>(&outcome)) {
    if (replies_.size() >= kMostReplies) return drop(DropReason::kRateLimited);
    ++replies_sent_;
    replies_.push_back({path, std::move(reply->packet)});
    return;
  }
  let_in(now, path, stream, std::move(std::get<Listener::Newcomer>(outcome)));
}

bool Server::has_room_for(const base::IpAddress& source) const {
  const std::size_t handshaking = clients_.handshaking();
  if (handshaking < kMostHandshaking / 2) return true;
  return handshaking < kMostHandshaking && clients_.handshaking_at(source) < kMostFromOnePlace;
}

void Server::let_in(base::Now now, const Path& path, bool stream, Listener::Newcomer newcomer) {
  if (!has_room_for(path.address)) return drop(DropReason::kServerFull);
  ServerClient made;
  made.path = path;
  made.stream = stream;
  made.peer = newcomer.client.peer;
  made.settings = tls_.number();
  made.key = std::move(newcomer.key);
  const PeerId id = clients_.add(std::move(made));
  const std::size_t headers = path.address.is_v4() ? kOuterHeaders4 : kOuterHeaders6;
  ServerClient& client = clients_[id];
  client.session = std::make_unique<ServerSession>(
      config_, config_->max_packet_size - headers, stream ? Transport::kTcp : Transport::kUdp,
      std::move(newcomer.client), id, tls_, rng_, memory_, now);
  const auto handled = client.session->handle_first(now, newcomer.header, newcomer.body);
  if (!handled) drop(handled.error());
  settle(now, id);
}

std::optional<PeerId> Server::client_of_data(const Path& path, FirstByte first,
                                             base::Bytes packet) const {
  if (first.opcode == Opcode::kDataV2 && packet.size() >= 4) {
    const PeerId id(base::load_u32(packet, 0) & kNoPeerId.value());
    if (id != kNoPeerId) return clients_.contains(id) ? std::optional(id) : std::nullopt;
  }
  return clients_.up_at(path);
}

std::optional<Server::Inside> Server::handle_data(base::Now now, const Path& path, FirstByte first,
                                                  base::MutableBytes packet) {
  const auto reject = [this](DropReason reason) {
    drop(reason);
    return std::nullopt;
  };
  const auto id = client_of_data(path, first, packet);
  if (!id) return reject(DropReason::kUnknownPeer);
  ServerClient& client = clients_[*id];
  const bool elsewhere = client.path != path;
  // A stream stays where it is, and nobody floats into or out of one.
  if (elsewhere && (client.stream || client.path.socket != path.socket))
    return reject(DropReason::kUnknownPeer);
  const std::size_t size = packet.size();
  const std::size_t overhead = client.session->is_up() ? client.session->seal_room().front : 0;
  const auto opened = client.session->open(packet);
  if (!opened) {
    lose(now, *id, opened.error());
    return std::nullopt;
  }
  if (!client.in_batch) {
    client.in_batch = true;
    batch_.push_back(*id);
  }
  client.bytes_in += size;
  // Only what is authenticated, new and not empty moves a client (CVE-2020-11810).
  if (elsewhere && size > overhead) float_to(now, *id, path);
  if (opened->kind == Opened::Kind::kPacket) return pass(now, *id, *opened);
  ++client.packets_used;
  return std::nullopt;
}

// Said once of each client: it can go on without end.
void Server::lose(base::Now now, PeerId id, DropReason reason) {
  drop(reason);
  ServerClient& client = clients_[id];
  if (!client.up || !client.losses.lost(now.mono, reason, client.packets_used)) return;
  if (!client.losses.trouble() || std::exchange(client.told_losses, true)) return;
  note(describe_loss(label(client), *client.losses.trouble()));
}

std::optional<Server::Inside> Server::pass(base::Now now, PeerId id, const Opened& opened) {
  const auto ends = ends_of(opened.packet);
  if (!ends) {
    lose(now, id, DropReason::kNotIp);
    return std::nullopt;
  }
  ++clients_[id].packets_used;
  const auto& own = clients_[id].addresses;
  // Almost always its own address, which nobody else has and which needs no look-up.
  const bool may_send = own && (own->owns(ends->source) || routes_.find(ends->source) == id);
  if (!may_send) {
    drop(DropReason::kBadSource);
    return std::nullopt;
  }
  Inside inside{id, opened.packet, std::nullopt};
  if (config_->client_to_client) inside.to = routes_.find(ends->destination);
  return inside;
}

void Server::float_to(base::Now now, PeerId id, const Path& path) {
  ServerClient& client = clients_[id];
  if (const auto other = clients_.up_at(path)) {
    // Somebody else's place, unless that is the same client from before.
    const auto& theirs = clients_[*other].certificates;
    if (theirs.empty() || client.certificates.empty()) return;
    if (theirs.front() != client.certificates.front()) return;
    remove(now, *other, {DownReason::kPeerExit, "the same client came back from elsewhere"});
  }
  // Two sessions of one id could not be told apart there. Nobody chooses an id twice by accident.
  if (clients_.with_session(path, client.peer)) return;
  if (client.told_moves.has_room(now.mono)) {
    client.told_moves.take();
    note(label(client) + " moves to " + path.to_string());
  }
  clients_.move(id, path);
}

void Server::batch_done(base::Now now) {
  for (const PeerId id : std::exchange(batch_, {})) {
    ServerClient* const client = clients_.find(id);
    if (client == nullptr || !client->in_batch) continue;
    client->in_batch = false;
    client->session->data_batch_done(now);
    settle(now, id);
  }
}

// After anything that may have given a session something to say.
void Server::settle(base::Now now, PeerId id) {
  while (ServerClient* const client = clients_.find(id)) {
    auto event = client->session->poll_event();
    if (!event) return poll_soon(id);
    if (auto* wanted = std::get_if<LoginWanted>(&*event)) {
      on_login(now, id, *wanted);
    } else {
      return remove(now, id, std::get<Down>(*event));
    }
  }
}

void Server::poll_soon(PeerId id) {
  if (!std::exchange(clients_[id].may_send, true)) may_send_.push_back(id);
  schedule(id);
}

void Server::schedule(PeerId id) {
  ServerClient& client = clients_[id];
  const auto next = client.session->next_deadline();
  if (!next || (client.deadline && *client.deadline <= *next)) return;
  client.deadline = next;
  deadlines_.push({*next, id, client.number});
}

void Server::handle_timeout(base::Now now) {
  std::vector<Deadline> due;
  while (!deadlines_.empty() && deadlines_.top().at <= now.mono) {
    due.push_back(deadlines_.top());
    deadlines_.pop();
  }
  for (const Deadline& deadline : due) {
    ServerClient* const client = clients_.find(deadline.client);
    if (client == nullptr || client->number != deadline.number || client->deadline != deadline.at)
      continue;
    client->deadline.reset();
    client->session->handle_timeout(now);
    settle(now, deadline.client);
  }
}

std::optional<base::Instant> Server::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.top().at;
}

void Server::handle_disconnected(base::Now now, std::uint32_t socket) {
  for (const PeerId id : clients_.ids()) {
    ServerClient& client = clients_[id];
    if (!client.stream || client.path.socket != socket) continue;
    client.stream = false;  // there is nothing to close any more
    remove(now, id, {DownReason::kStreamBroken, "the connection is closed"});
  }
}

void Server::remove(base::Now now, PeerId id, const Down& down) {
  ServerClient& client = clients_[id];
  if (client.up) note(label(client) + " is gone: " + down.text);
  // The last words: an alert that says why, an acknowledgement.
  while (auto packet = client.session->poll_packet(now))
    replies_.push_back({client.path, std::move(*packet)});
  if (client.stream) outputs_.push_back(CloseStream{client.path.socket});
  release_addresses(id);
  clients_.remove(id);
}

void Server::release_addresses(PeerId id) {
  auto& addresses = clients_[id].addresses;
  if (!addresses) return;
  pool_.give_back(*addresses);
  routes_.remove(id);
  addresses.reset();
}

std::optional<ServerOutput> Server::poll() {
  if (outputs_.empty()) return std::nullopt;
  ServerOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<OutgoingPacket> Server::poll_packet(base::Now now) {
  if (!replies_.empty()) {
    OutgoingPacket reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }
  while (!may_send_.empty()) {
    const PeerId id = may_send_.front();
    ServerClient* const client = clients_.find(id);
    if (client != nullptr && client->may_send) {
      if (auto packet = client->session->poll_packet(now))
        return OutgoingPacket{client->path, std::move(*packet)};
      client->may_send = false;
      schedule(id);
    }
    may_send_.pop_front();
    if (stopping_ && client != nullptr && client->session->farewell_done())
      remove(now, id, {DownReason::kStopped, "the server stops"});
  }
  return std::nullopt;
}

std::optional<PeerId> Server::client_at(const base::IpAddress& destination) const {
  const auto id = routes_.find(destination);
  if (!id || !clients_[*id].session->is_up()) return std::nullopt;
  return id;
}

OuterPath Server::outer_path(PeerId id) const {
  const ServerClient& client = clients_[id];
  return {.ipv6 = !client.path.address.is_v4(),
          .transport = client.stream ? Transport::kTcp : Transport::kUdp};
}

std::optional<Path> Server::seal(PeerId id, base::MutableBytes buffer, std::size_t packet_size) {
  ServerClient* const client = clients_.find(id);
  if (client == nullptr || !client->session->seal(buffer, packet_size)) return std::nullopt;
  client->bytes_out += buffer.size();
  if (!client->in_batch) {
    client->in_batch = true;
    batch_.push_back(id);
  }
  return client->path;
}

}  // namespace sallyport::openvpn
