// Who may come in: the part of Server that judges. All that is configured must be in favour; there
// is one place that lets a client in, and it comes last.
#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server.h"

namespace sallyport::openvpn {
namespace {

// How a name is spelled as a file of client-config-dir.
std::string file_name_for(std::string_view name) {
  std::string spelled(name);
  std::ranges::replace_if(
      spelled,
      [](unsigned char c) {
        return std::isalnum(c) == 0 && !std::string_view("_.@-").contains(static_cast<char>(c));
      },
      '_');
  return spelled;
}

constexpr std::string_view kDefaultClient = "DEFAULT";

}  // namespace

void Server::on_login(base::Now now, PeerId id, LoginWanted& wanted) {
  ServerClient& client = clients_[id];
  const std::string username(wanted.login.username.reveal_text());
  if (!wanted.rekey) {
    client.common_name = client.session->tls().peer_common_name();
    client.username = username;
  } else if (username != client.username) {
    return refuse(now, id, "", "it changed its user name");
  }
  client.check = 0;
  client.check_is_rekey = wanted.rekey;
  if (!config_->login.users) return admit(now, id, wanted.rekey);
  if (username.empty() && wanted.login.password.empty()) {
    if (config_->login.optional) return admit(now, id, wanted.rekey);
    return refuse(now, id, "", "it gave no user name and password");
  }
  if (!is_user_name(username)) return refuse(now, id, "", "its user name can't be one");
  judge_password(now, id, wanted);
}

void Server::judge_password(base::Now now, PeerId id, LoginWanted& wanted) {
  ServerClient& client = clients_[id];
  const LoginCheck& login = config_->login;
  if (login.token && looks_like_auth_token(wanted.login.password.reveal_text())) {
    const auto session = check_auth_token(token_key_, *login.token, client.username,
                                          wanted.login.password.reveal_text(), now.wall);
    if (session) {
      client.token = *session;
      return admit(now, id, wanted.rekey);
    }
    if (session.error() == AuthTokenError::kExpired)
      return refuse(now, id, "SESSION: token expired", "its token has expired");
    return refuse(now, id, "", "its token is none of ours");
  }
  client.check = next_check_++;
  outputs_.push_back(PasswordCheck{id, client.check, login.users->hash_for(client.username),
                                   std::move(wanted.login.password)});
}

void Server::handle_password(base::Now now, PeerId id, std::uint64_t number, bool right) {
  ServerClient* const client = clients_.find(id);
  // Whom it was about may be gone, and its id somebody else's.
  if (client == nullptr || client->check != number) return;
  client->check = 0;
  if (right) {
    admit(now, id, client->check_is_rekey);
  } else {
    refuse(now, id, "", "its password is wrong");
  }
  settle(now, id);
}

void Server::admit(base::Now now, PeerId id, bool rekey) {
  ServerClient& client = clients_[id];
  if (client.session->is_over()) return;
  if (!rekey) return admit_client(now, id);
  client.session->admit_key(now, token_for(now, client));
}

void Server::admit_client(base::Now now, PeerId id) {
  ServerClient& client = clients_[id];
  const bool by_user = config_->login.name_from_user || client.common_name.empty();
  client.name = by_user && !client.username.empty() ? client.username : client.common_name;
  const auto own = config_of(client.name);
  if (!own) return refuse(now, id, "", own.error());
  end_others(now, id);
  if (clients_.up() >= config_->max_clients)
    return refuse(now, id, "", "max-clients are connected");
  const auto addresses = pool_.take(client.name, *own);
  if (!addresses) return refuse(now, id, "", "there is no free address for it");
  client.addresses = *addresses;
  client.since = now.wall;
  clients_.set_up(id);
  routes_.add_host(addresses->v4, id);
  if (addresses->v6) routes_.add_host(*addresses->v6, id);
  if (*own != nullptr) {
    for (const base::IpPrefix& network : (*own)->routes) routes_.add_network(network, id);
  }
  client.session->admit(now, {*addresses, *own, token_for(now, client)});
  note(label(client) + " is in, as " + addresses->v4.to_string());
}

// The entry for a name, null where it has none; or why it may not come in.
std::expected<const ClientConfig*, std::string> Server::config_of(std::string_view name) const {
  const auto& clients = config_->clients;
  auto found = name.empty() ? clients.end() : clients.find(file_name_for(name));
  if (found == clients.end()) found = clients.find(kDefaultClient);
  if (found == clients.end()) {
    if (config_->only_listed_clients)
      return std::unexpected("client-config-dir does not know it, and ccd-exclusive asks");
    return nullptr;
  }
  if (found->second.disabled) return std::unexpected("its file in client-config-dir disables it");
  return &found->second;
}

// The client itself from before, and, without duplicate-cn, others of its name: the newest counts.
void Server::end_others(base::Now now, PeerId id) {
  const ServerClient& client = clients_[id];
  for (const PeerId other_id : clients_.ids()) {
    const ServerClient& other = clients_[other_id];
    if (other_id == id || !other.up) continue;
    const bool same_name =
        !config_->duplicate_names && !client.name.empty() && other.name == client.name;
    if (same_name || other.path == client.path)
      remove(now, other_id, {DownReason::kPeerExit, "a newer session takes its place"});
  }
}

base::SecretBytes Server::token_for(base::Now now, ServerClient& client) {
  if (!config_->login.token || !config_->login.users || client.username.empty()) return {};
  if (!client.token) client.token = new_token_session(rng_, now.wall);
  return make_auth_token(token_key_, *client.token, client.username, now.wall);
}

void Server::refuse(base::Now now, PeerId id, const std::string& reason, const std::string& why) {
  ServerClient& client = clients_[id];
  if (client.name.empty())
    client.name = client.username.empty() ? client.common_name : client.username;
  note(label(client) + " is refused: " + why);
  client.session->refuse(now, reason);
  poll_soon(id);
}

}  // namespace sallyport::openvpn
