// Who may come in: the part of Server that asks admission.h, and does what it says.
#include "base/check.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server.h"

namespace sallyport::openvpn {
namespace {

// When there may be room again, and when somebody may have time to check a password.
constexpr base::Duration kFullBackoff = std::chrono::seconds(20);
constexpr base::Duration kBusyBackoff = std::chrono::seconds(5);

}  // namespace

void Server::on_login(base::Now now, PeerId id, LoginWanted& wanted) {
  ServerClient& client = clients_[id];
  client.check = 0;
  if (!client.up) client.certificates = client.session->tls().peer_certificates();
  const bool gave_login = !wanted.login.username.empty() || !wanted.login.password.empty();
  client.asks = {.certificate = !client.certificates.empty(),
                 .common_name = client.session->tls().peer_common_name(),
                 .username = std::string(wanted.login.username.reveal_text()),
                 .proof = gave_login ? LoginProof::kUnchecked : LoginProof::kNone};
  if (client.up && client.asks.username != client.shown.username)
    return refuse(now, id, "", "it changed its user name");
  if (!config_->login.users || !gave_login) return decide(now, id);
  if (!is_user_name(client.asks.username)) return refuse(now, id, "", "its user name can't be one");
  judge_password(now, id, wanted);
}

void Server::judge_password(base::Now now, PeerId id, LoginWanted& wanted) {
  ServerClient& client = clients_[id];
  const LoginCheck& login = config_->login;
  if (login.token && looks_like_auth_token(wanted.login.password.reveal_text())) {
    const auto session = check_auth_token(token_key_, *login.token, client.asks.username,
                                          wanted.login.password.reveal_text(), now.wall);
    if (session) {
      client.token = *session;
      client.asks.proof = LoginProof::kToken;
      return decide(now, id);
    }
    if (session.error() == AuthTokenError::kExpired)
      return refuse(now, id, "SESSION: token expired", "its token has expired");
    return refuse(now, id, "", "its token is none of ours");
  }
  client.check = next_check_++;
  outputs_.push_back(PasswordCheck{id, client.check, client.path.address, client.up,
                                   login.users->hash_for(client.asks.username),
                                   std::move(wanted.login.password)});
}

void Server::handle_password(base::Now now, PeerId id, std::uint64_t number, bool right) {
  ServerClient* const client = clients_.find(id);
  // Whom it was about may be gone, and its id somebody else's.
  if (client == nullptr || client->check != number) return;
  client->check = 0;
  client->asks.proof = right ? LoginProof::kPassword : LoginProof::kWrong;
  decide(now, id);
  settle(now, id);
}

void Server::handle_unchecked(base::Now now, PeerId id, std::uint64_t number) {
  ServerClient* const client = clients_.find(id);
  if (client == nullptr || client->check != number) return;
  client->check = 0;
  turn_away(now, id, kBusyBackoff, "too many passwords wait to be checked");
  settle(now, id);
}

// All that is configured must be in favour of what the client asks with; then there is one place
// that lets it in, and one for its next key.
void Server::decide(base::Now now, PeerId id) {
  ServerClient& client = clients_[id];
  if (client.session->is_over()) return;
  const auto name = name_if_admitted(*config_, client.asks);
  if (!name) return refuse(now, id, "", name.error());
  client.shown = client.asks;
  if (client.up) return admit_key(now, id, *name);
  // Its handshake may have begun before a reload, and TLS have judged it by what was.
  if (client.settings != tls_.number()) {
    if (const auto why = tls_.objection_to(client.certificates, now.wall))
      return refuse(now, id, "", "its certificate is refused: " + *why);
  }
  admit_client(now, id, *name);
}

void Server::admit_key(base::Now now, PeerId id, const std::string& name) {
  ServerClient& client = clients_[id];
  if (name != client.name) return refuse(now, id, "", "its name would be another one now");
  client.session->admit_key(now, token_for(now, client));
}

void Server::admit_client(base::Now now, PeerId id, const std::string& name) {
  ServerClient& client = clients_[id];
  client.name = name;
  const auto own = client_config_of(*config_, name);
  if (!own) return refuse(now, id, "", own.error());
  if (!client.session->has_common_cipher()) {
    return refuse(now, id, "Data channel cipher negotiation failed (no shared cipher)",
                  "it takes none of data-ciphers");
  }
  end_others(now, id);
  if (clients_.up() >= config_->max_clients)
    return turn_away(now, id, kFullBackoff, "max-clients are connected");
  const auto addresses = addresses_for(now, client, *own);
  if (!addresses) return turn_away(now, id, kFullBackoff, "there is no free address for it");
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

// Nobody is given what client-config-dir fixes for somebody else; whoever had it from before that
// was said makes room.
std::optional<ClientAddresses> Server::addresses_for(base::Now now, const ServerClient& client,
                                                     const ClientConfig* own) {
  if (own != nullptr && own->address) {
    const auto holder = routes_.host(*own->address);
    if (holder && clients_[*holder].name != client.name) {
      const auto its_own = client_config_of(*config_, clients_[*holder].name);
      const bool fixed = its_own && *its_own != nullptr && (*its_own)->address == own->address;
      if (!fixed) {
        release_addresses(*holder);
        clients_[*holder].session->dismiss(now, "RESTART");
        poll_soon(*holder);
      }
    }
  }
  return pool_.take(client.name, own);
}

// The client itself from before, and, without duplicate-cn, others of its name: the newest counts.
void Server::end_others(base::Now now, PeerId id) {
  const ServerClient& client = clients_[id];
  for (const PeerId other_id : clients_.ids()) {
    const ServerClient& other = clients_[other_id];
    if (other_id == id || !other.up) continue;
    const bool same_name = !config_->duplicate_names && other.name == client.name;
    if (same_name || other.path == client.path)
      remove(now, other_id, {DownReason::kPeerExit, "a newer session takes its place"});
  }
}

base::SecretBytes Server::token_for(base::Now now, ServerClient& client) {
  const LoginProof proof = client.shown.proof;
  const bool logged_in = proof == LoginProof::kPassword || proof == LoginProof::kToken;
  if (!config_->login.token || !logged_in) return {};
  if (!client.token) client.token = new_token_session(rng_, now.wall);
  return make_auth_token(token_key_, *client.token, client.shown.username, now.wall);
}

void Server::refuse(base::Now now, PeerId id, const std::string& reason, const std::string& why) {
  ServerClient& client = clients_[id];
  note_refusal(now, label(client) + " is refused: " + why);
  client.session->refuse(now, reason);
  poll_soon(id);
}

// Nothing is wrong with the client, but it cannot come in now. Most clients end for good at a plain
// AUTH_FAILED: those that understand are told when to come back, and the others nothing.
void Server::turn_away(base::Now now, PeerId id, base::Duration backoff, const std::string& why) {
  ServerClient& client = clients_[id];
  note_refusal(now, label(client) + " is turned away for now: " + why);
  client.session->turn_away(now, backoff, why);
  poll_soon(id);
}

void Server::note_refusal(base::Now now, std::string text) {
  if (!told_refusals_.has_room(now.mono)) {
    ++untold_refusals_;
    return;
  }
  told_refusals_.take();
  if (const std::uint64_t count = std::exchange(untold_refusals_, 0); count > 0)
    note(std::to_string(count) + " more clients were refused");
  note(std::move(text));
}

}  // namespace sallyport::openvpn
