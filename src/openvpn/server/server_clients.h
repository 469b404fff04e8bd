// The clients of a server, and how they are found: by peer id, by the session id on their control
// packets, by where their packets come from.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openvpn/rate_limit.h"
#include "openvpn/server/admission.h"
#include "openvpn/server/auth_token.h"
#include "openvpn/server/path.h"
#include "openvpn/server/place_counts.h"
#include "openvpn/server/server_session.h"
#include "openvpn/session/loss_watch.h"
#include "openvpn/wire/tls_crypt_v2_key.h"

namespace sallyport::openvpn {

struct ServerClient {
  std::unique_ptr<ServerSession> session;
  std::uint64_t number = 0;  // never used twice, as peer ids are
  Path path;
  bool stream = false;
  SessionId peer;
  std::optional<UnwrappedClientKey> key;
  Shown asks;   // what is judged, or was last
  Shown shown;  // what it is in with
  crypto::CertificateChain certificates;
  std::uint64_t settings = 0;  // of the TLS that its handshake began with
  std::string name;            // by which it is known
  std::optional<AuthTokenSession> token;
  std::optional<ClientAddresses> addresses;
  base::WallTime since;
  bool up = false;
  std::uint64_t check = 0;  // the password check that is awaited
  // A client behind two addresses moves with each packet, and may not fill the log.
  RateLimit told_moves{1, std::chrono::minutes(1)};
  LossWatch losses;
  bool told_losses = false;
  std::uint64_t packets_used = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  // What Server remembers to do for it.
  bool may_send = false;
  bool in_batch = false;
  std::optional<base::Instant> deadline;
};

class ServerClients {
 public:
  // Under a free peer id and a new number. Its path and `peer` are those of no other.
  PeerId add(ServerClient client);
  void remove(PeerId id);
  // One that is up sends from there now, which is nobody else's place.
  void move(PeerId id, const Path& path);
  // From now on data packets without a peer id that come from its path are its own.
  void set_up(PeerId id);

  // One that is there.
  ServerClient& operator[](PeerId id) { return *clients_[id.value()]; }
  const ServerClient& operator[](PeerId id) const { return *clients_[id.value()]; }
  // Null when there is none.
  ServerClient* find(PeerId id);
  bool contains(PeerId id) const { return id.value() < clients_.size() && clients_[id.value()]; }
  std::optional<PeerId> with_session(const Path& path, SessionId peer) const;
  std::optional<PeerId> up_at(const Path& path) const;
  bool any_at(const Path& path) const;
  // A copy, so that clients may be removed on the way.
  std::vector<PeerId> ids() const;

  std::size_t count() const { return by_session_.size(); }
  std::size_t up() const { return by_path_.size(); }
  std::size_t handshaking() const { return count() - up(); }
  // Those of them that are where `address` is.
  std::size_t handshaking_at(const base::IpAddress& address) const { return places_.at(address); }

 private:
  std::vector<std::unique_ptr<ServerClient>> clients_;  // by peer id
  std::deque<PeerId> free_;                             // the one that was free longest comes first
  std::map<std::pair<Path, SessionId>, PeerId> by_session_;
  std::map<Path, PeerId> by_path_;  // those that are up
  PlaceCounts places_;              // of those that are not
  std::uint64_t next_number_ = 1;
};

}  // namespace sallyport::openvpn
