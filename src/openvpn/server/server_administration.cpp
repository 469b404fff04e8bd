// What the administrator does with a server: another configuration, goodbyes, a look at it.
#include "base/check.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server.h"

namespace sallyport::openvpn {

void Server::reload(base::Now now, ServerConfig config, std::unique_ptr<crypto::TlsFactory> tls) {
  if (config.login.token_key) token_key_ = config.login.token_key->clone();
  CHECK(!needs_restart(config));
  pool_.keep_for_owners(fixed_addresses(config));
  config_ = std::make_shared<const ServerConfig>(std::move(config));
  listener_ = std::make_unique<Listener>(config_->wraps, config_->key_policy, config_->door,
                                         cookie_key_.reveal(), rng_);
  tls_.use(std::move(tls));
  for (const PeerId id : clients_.ids()) {
    if (clients_[id].session->is_over()) continue;
    if (const auto why = objection_to(now, clients_[id])) refuse(now, id, "", *why);
  }
}

// Where addresses come from can't change under those who have one, nor the device and the sockets
// that were made with rights that are given up.
std::optional<std::string_view> Server::needs_restart(const ServerConfig& config) const {
  if (config.listen != config_->listen) return "local, port, proto, bind-dev or mark";
  if (config.device != config_->device) return "dev";
  if (config.topology != config_->topology) return "topology";
  if (config.pool != config_->pool) return "server, server-ipv6, ifconfig or pool of theirs";
  if (config.routes != config_->routes) return "route";
  if (config.sets_up != config_->sets_up) return "ifconfig-noexec or route-noexec";
  if (config.tunnel.tun_mtu != config_->tunnel.tun_mtu) return "tun-mtu";
  if (config.user != config_->user) return "user";
  return std::nullopt;
}

// Why one who came in under another configuration may not stay.
std::optional<std::string> Server::objection_to(base::Now now, const ServerClient& client) const {
  if (client.key) {
    const auto verdict = config_->key_policy.judge(*client.key, now.wall);
    if (verdict != KeyPolicy::Verdict::kGood) return std::string(describe(verdict));
  }
  // Who is on the way in is judged by what is there then.
  if (!client.up) return std::nullopt;
  const auto name = name_if_admitted(*config_, client.shown);
  if (!name) return name.error();
  if (*name != client.name) return "its name would be another one now";
  if (const auto why = tls_.objection_to(client.certificates, now.wall))
    return "its certificate is refused: " + *why;
  const auto own = client_config_of(*config_, client.name);
  return own ? std::nullopt : std::optional(own.error());
}

void Server::stop(base::Now now) {
  stopping_ = true;
  for (const PeerId id : clients_.ids()) {
    clients_[id].session->dismiss(now, config_->exit_to_next ? "RESTART,[N]" : "RESTART");
    settle(now, id);
  }
}

std::size_t Server::kick(base::Now now, std::string_view name) {
  std::size_t count = 0;
  for (const PeerId id : clients_.ids()) {
    if (!clients_[id].up || clients_[id].name != name) continue;
    clients_[id].session->dismiss(now, "HALT");
    settle(now, id);
    ++count;
  }
  return count;
}

std::vector<ClientStatus> Server::status() const {
  std::vector<ClientStatus> all;
  for (const PeerId id : clients_.ids()) {
    const ServerClient& client = clients_[id];
    if (!client.up || !client.addresses) continue;
    const auto cipher = client.session->agreed().cipher;
    all.push_back({id, printable(client.name), client.path, *client.addresses,
                   cipher ? std::string(name_of(*cipher)) : "", client.session->abilities().version,
                   client.since, client.bytes_in, client.bytes_out});
  }
  return all;
}

std::string Server::label(const ServerClient& client) const {
  const Shown& asks = client.asks;
  std::string_view name = client.name;
  if (name.empty()) name = asks.username.empty() ? asks.common_name : asks.username;
  const std::string who = name.empty() ? "a client" : "client " + printable(name);
  return who + " (" + client.path.to_string() + ")";
}

}  // namespace sallyport::openvpn
