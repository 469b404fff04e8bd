// A server's side of one client, from the packet that brought it in to its end. It does what the
// protocol wants; who may come in, and under which address, the server says (server.h).
//
// After each handle_* call, and after a batch of data packets, take poll_event() until it is empty,
// then poll_packet(), then ask next_deadline().
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/server/client_abilities.h"
#include "openvpn/server/push_reply.h"
#include "openvpn/server/server_config.h"
#include "openvpn/session/tunnel_link.h"

namespace sallyport::openvpn {

// TLS stands and the client has said who it is: answer with admit(), admit_key() when `rekey`, or
// refuse(). Nothing passes before.
struct LoginWanted {
  Credentials login;  // both empty when it gave none
  bool rekey = false;
};
using ServerSessionEvent = std::variant<LoginWanted, Down>;

// What the server decided for a client.
struct Admission {
  ClientAddresses addresses;
  const ClientConfig* client = nullptr;  // looked at during the call
  base::SecretBytes token;               // empty: none
};

class ServerSession {
 public:
  // A session that ended well or badly lingers so long, for the last words to arrive.
  static constexpr base::Duration kLinger = std::chrono::seconds(5);

  // `config` is shared with the server; `tls`, `rng` and `memory` outlive it.
  ServerSession(std::shared_ptr<const ServerConfig> config, std::size_t packet_limit,
                Transport transport, AcceptedClient client, PeerId peer_id, crypto::TlsFactory& tls,
                base::Rng& rng, BatchMemory& memory, base::Now now);

  // The packet that brought the client in.
  std::expected<void, DropReason> handle_first(base::Now now, const ControlHeader& header,
                                               const ControlBody& body);
  std::expected<void, DropReason> handle_control(base::Now now, base::MutableBytes packet);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;
  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);
  std::optional<ServerSessionEvent> poll_event();

  // There is a cipher that both ends take.
  bool has_common_cipher() const;
  // Only with a common cipher.
  void admit(base::Now now, Admission admission);
  // The rekey that wanted the login may be used; a new token where there is one.
  void admit_key(base::Now now, const base::SecretBytes& token);
  // Says AUTH_FAILED, with `reason` unless it is empty.
  void refuse(base::Now now, const std::string& reason);
  // Says AUTH_FAILED,TEMP with `reason` and when to come back, if the client understands that;
  // ends without a word if not.
  void turn_away(base::Now now, base::Duration backoff, const std::string& reason);
  // Says RESTART or HALT (`text`), and ends.
  void dismiss(base::Now now, std::string text);

  // Nothing of ours waits to be sent or acknowledged.
  bool farewell_done() const { return link_.idle(); }
  bool is_up() const { return phase_ == Phase::kUp; }
  bool is_over() const { return phase_ == Phase::kLeaving || phase_ == Phase::kDown; }
  const ClientAbilities& abilities() const { return abilities_; }
  const TunnelOptions& agreed() const { return agreed_; }
  const crypto::TlsEngine& tls() const { return link_.control().tls(); }

  SealRoom seal_room() const { return link_.seal_room(); }
  std::expected<void, SealError> seal(base::MutableBytes buffer, std::size_t packet_size);
  std::expected<Opened, DropReason> open(base::MutableBytes datagram);
  void data_batch_done(base::Now now);
  void rekey(base::Now now) { link_.start_rekey(now); }

 private:
  enum class Phase { kHandshake, kJudging, kWaiting, kUp, kLeaving, kDown };

  void take_link_events(base::Now now);
  void on_key_active(const KeyActive& active);
  void on_text(const base::SecretBytes& text, base::Now now);
  void say_what_waits(base::Now now);
  void push(base::Now now);
  void linger(base::Now now);
  void go_down(Down down);
  std::string options_string() const;

  std::shared_ptr<const ServerConfig> config_;
  Transport transport_;
  base::Instant started_;
  TunnelLink link_;
  Phase phase_ = Phase::kHandshake;
  ClientAbilities abilities_;
  TunnelOptions agreed_;
  std::optional<KeyActive> new_key_;  // of a rekey that is judged
  std::vector<std::string> to_push_;
  bool asked_for_push_ = false;
  std::string unasked_;  // a text that waits: a new token, or why the session ends
  base::Instant leave_at_{};
  std::deque<ServerSessionEvent> events_;
};

}  // namespace sallyport::openvpn
