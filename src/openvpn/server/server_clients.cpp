#include "openvpn/server/server_clients.h"

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

template <class Map, class Key>
std::optional<PeerId> look_up(const Map& map, const Key& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

PeerId ServerClients::add(ServerClient client) {
  PeerId id(static_cast<std::uint32_t>(clients_.size()));
  if (free_.empty()) {
    clients_.emplace_back();
  } else {
    id = free_.front();
    free_.pop_front();
  }
  client.number = next_number_++;
  CHECK(by_session_.emplace(std::pair(client.path, client.peer), id).second);
  places_.add(client.path.address);
  clients_[id.value()] = std::make_unique<ServerClient>(std::move(client));
  return id;
}

void ServerClients::remove(PeerId id) {
  const ServerClient& client = (*this)[id];
  by_session_.erase({client.path, client.peer});
  if (client.up) {
    by_path_.erase(client.path);
  } else {
    places_.remove(client.path.address);
  }
  clients_[id.value()].reset();
  free_.push_back(id);
}

void ServerClients::move(PeerId id, const Path& path) {
  ServerClient& client = (*this)[id];
  CHECK(client.up);
  by_session_.erase({client.path, client.peer});
  CHECK(by_session_.emplace(std::pair(path, client.peer), id).second);
  by_path_.erase(client.path);
  CHECK(by_path_.emplace(path, id).second);
  client.path = path;
}

void ServerClients::set_up(PeerId id) {
  ServerClient& client = (*this)[id];
  client.up = true;
  places_.remove(client.path.address);
  CHECK(by_path_.emplace(client.path, id).second);
}

ServerClient* ServerClients::find(PeerId id) {
  return contains(id) ? clients_[id.value()].get() : nullptr;
}

std::optional<PeerId> ServerClients::with_session(const Path& path, SessionId peer) const {
  return look_up(by_session_, std::pair(path, peer));
}

std::optional<PeerId> ServerClients::up_at(const Path& path) const {
  return look_up(by_path_, path);
}

bool ServerClients::any_at(const Path& path) const {
  const auto at = by_session_.lower_bound({path, SessionId{}});
  return at != by_session_.end() && at->first.first == path;
}

std::vector<PeerId> ServerClients::ids() const {
  std::vector<PeerId> ids;
  for (std::size_t i = 0; i < clients_.size(); ++i)
    if (clients_[i]) ids.emplace_back(static_cast<std::uint32_t>(i));
  return ids;
}

}  // namespace sallyport::openvpn
