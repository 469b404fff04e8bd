// One connection to one server, from the hard reset to its end; a reconnect is a new Session, so
// nothing of the old one lingers (options, keys, counters, timers). Bytes and time in, packets and
// events out.
//
// After each handle_* call, and after a batch of data packets, take poll_packet() and poll_event()
// until both are empty, then ask next_deadline(). After Down nothing more happens; what
// poll_packet() still gives is a farewell.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/push/control_message.h"
#include "openvpn/push/push_options.h"
#include "openvpn/rate_limit.h"
#include "openvpn/session/down_reason.h"
#include "openvpn/session/question.h"
#include "openvpn/session/tunnel_link.h"

namespace sallyport::openvpn {

// The tunnel is up: data keys exist and the server's options are in force.
struct Connected {
  TunnelOptions options;
  std::string cipher;           // of the data channel
  std::string tls_description;  // of the control channel
};
// A token that replaces the password from now on; `username` replaces the name where the server
// gave one.
struct TokenReceived {
  base::SecretBytes token;
  std::optional<base::SecretBytes> username;
};
// Something worth a line in the log: a refused option, a message for the user.
struct Note {
  std::string text;
};
// The server changed the tunnel's options while it is up (PUSH_UPDATE).
struct OptionsChanged {
  TunnelOptions options;
};
using SessionEvent =
    std::variant<Connected, OptionsChanged, TokenReceived, Question, LoginPage, Note, Down>;

class Session {
 public:
  // `profile` (with `remote` of it), `tls`, `rng` and `memory` outlive the session. `outer` is the
  // family of the server's address. `login` is what to log in with, if anything.
  Session(const Profile& profile, const Remote& remote, AddressFamily outer,
          std::optional<Credentials> login, crypto::TlsFactory& tls, base::Rng& rng,
          BatchMemory& memory, base::Now now);

  // Any packet that is not data.
  std::expected<void, DropReason> handle_control(base::Now now, base::MutableBytes packet);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);
  std::optional<SessionEvent> poll_event();
  bool has_event() const { return !events_.empty(); }

  // The packet path. Between two calls of data_batch_done() any number of packets are sealed and
  // opened.
  bool ready() const { return link_.ready(); }
  SealRoom seal_room() const { return link_.seal_room(); }
  std::expected<void, SealError> seal(base::MutableBytes buffer, std::size_t packet_size) {
    return link_.seal(buffer, packet_size);
  }
  // Where packets are cut (`fragment`).
  DataChannel& data() { return link_.data(); }
  std::expected<Opened, DropReason> open(base::MutableBytes datagram) {
    return link_.open(datagram);
  }
  void data_batch_done(base::Now now);

  // Says goodbye, as far as server and profile want it, of a tunnel that is or was up; then take
  // poll_packet() and let go. For a
  // farewell that waits for its acknowledgement, farewell_done() tells when nothing is left to wait
  // for.
  void leave(base::Now now);
  bool farewell_done() const { return link_.idle(); }

  // See TunnelLink; for a client that can come back by itself.
  void watch_for_silence() { link_.watch_for_silence(); }
  // A new key now, where one exists.
  void rekey(base::Now now) { link_.start_rekey(now); }
  // The answer to a Question of kText.
  void respond(base::Now now, const base::SecretBytes& answer);
  // What came from the server's address was not wrapped with our key.
  bool wrap_rejected() const { return !answered() && wrap_failed_; }
  bool answered() const { return link_.control().peer_known(); }

 private:
  // More than any server has to say at once, its unknown options included.
  static constexpr std::uint32_t kMostNotes = 100;
  static constexpr base::Duration kNotesPeriod = std::chrono::minutes(1);

  enum class Phase { kKeyExchange, kAwaitingPush, kConnected, kDown };

  void take_link_events(base::Now now);
  void on_key_active(const KeyActive& event, base::Now now);
  void on_text(const base::SecretBytes& text, base::Now now);
  void on_message(PushReplyMessage& message, base::Now now);
  void on_message(AuthPending& message, base::Now now);
  void on_message(AuthFailed& message, base::Now now);
  void on_message(SessionExpired& message, base::Now now);
  void on_message(TemporarilyRefused& message, base::Now now);
  void on_message(DynamicChallenge& message, base::Now now);
  void on_message(RestartMessage& message, base::Now now);
  void on_message(HaltMessage& message, base::Now now);
  void on_message(InfoMessage& message, base::Now now);
  void on_message(ExitMessage& message, base::Now now);
  void on_message(PushUpdateMessage& message, base::Now now);
  void on_message(UnknownMessage& message, base::Now now);
  void apply(const PushReply& reply, base::Now now);
  void note_options(const PushedConfig& pushed, base::Now now);
  void connect(TunnelOptions options, base::Now now);
  std::optional<DataCipher> choose_cipher(const TunnelOptions& options) const;
  std::size_t fragment_limit() const;
  void go_down(DownReason reason, std::string text);
  void go_down(Down down);
  // For the log, which the server cannot fill: what is too much of it is left out, and that is
  // said.
  void note(std::string text, base::Now now);

  const Profile& profile_;
  const Remote& remote_;
  AddressFamily outer_;
  TunnelLink link_;
  Phase phase_ = Phase::kKeyExchange;
  bool was_up_ = false;
  TunnelOptions options_;
  PushAssembler push_;
  PushAssembler update_{"PUSH_UPDATE"};

  bool wrap_failed_ = false;
  RateLimit notes_{kMostNotes, kNotesPeriod};
  std::optional<base::Instant> push_request_due_;
  base::Instant awaiting_push_since_{};
  base::Instant push_deadline_{};
  std::deque<SessionEvent> events_;
};

}  // namespace sallyport::openvpn
