// The control channel between a client and a server, at either end: wrapping, session ids, the
// first key and its successors. What the messages mean is its owner's (session.h,
// server_session.h).
//
// Outputs are taken, not called back: after each handle_* call take poll_packet() and poll_event()
// until both are empty, then ask next_deadline().
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/control/control_wrapper.h"
#include "openvpn/profile/profile.h"
#include "openvpn/session/key_session.h"

namespace sallyport::openvpn {

// The primary key has all it needs for data keys.
struct KeyActive {
  KeyId id;
  base::Instant started;  // of its negotiation
};
// Either side has begun a new key; the primary is only its predecessor now.
struct RekeyStarted {};
struct TextReceived {
  base::SecretBytes text;  // without the NUL; not checked yet
};
struct ControlFailed {
  enum class Kind {
    kNoAnswer,
    kTimeout,
    kCertificate,
    kTlsAlert,
    kTlsProtocol,
    kKeyExchange,
    kPeerChanged
  };
  Kind kind;
  std::string text;
  bool in_rekey = false;
};
using ControlEvent = std::variant<KeyActive, RekeyStarted, TextReceived, ControlFailed>;

// A client that a server has listened to (openvpn/server/listener.h): its first packets came to a
// listener, which kept nothing of them.
struct AcceptedClient {
  SessionId local;  // ours, which the client knows already when `after_cookie`
  SessionId peer;
  ControlWrapper wrapper;             // that unwrapped the packet which brought the client in
  std::optional<StaticKey> wrap_key;  // in which all its control packets are wrapped
  bool has_wrapped_key = false;       // tls-crypt-v2: packets may bring WKc once more
  // Both resets are done with: the packet that brought the client in is the third.
  bool after_cookie = false;
};

class ControlChannel {
 public:
  struct Config {
    RekeyOptions rekey;
    // Of one packet as the transport carries it, outer headers excluded.
    std::size_t packet_limit = 1222;
    // Nothing is lost on the way: what was acknowledged once is not acknowledged again.
    bool stream = false;
  };

  // A client's: its hard reset is the first packet. `wrap`, `tls` and `rng` outlive the channel.
  ControlChannel(Config config, const ControlWrap& wrap, crypto::TlsFactory& tls, base::Rng& rng,
                 base::Now now);

  // A server's. The caller goes on with handle_unwrapped() and the packet that brought the client.
  ControlChannel(Config config, AcceptedClient client, crypto::TlsFactory& tls, base::Rng& rng,
                 base::Now now);

  // A packet whose opcode is not data. A drop reason means that it changed nothing; success, that
  // the peer sent it.
  std::expected<void, DropReason> handle_packet(base::Now now, base::MutableBytes packet);
  // The same for one that is authenticated and unwrapped already; only for the first key.
  std::expected<void, DropReason> handle_unwrapped(base::Now now, const ControlHeader& header,
                                                   const ControlBody& body);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);
  std::optional<ControlEvent> poll_event();

  // What our key-method-2 messages say from now on, rekeys included.
  void set_key_message(std::string options, std::string peer_info);
  void set_login(Credentials login);
  // From now on the token stands for the password, and `username`, where given, for the name.
  void set_token(const base::SecretBytes& token, const std::optional<base::SecretBytes>& username);

  // Queued until the primary key is active; never sent under an old one.
  void send_text(base::Now now, std::string text);

  // Starts a new key, once the primary is active and not held; otherwise a rekey is under way
  // already and nothing happens.
  void start_rekey(base::Now now);
  // Held, the primary has no successor, whoever wants one: only from it its data keys can be made,
  // and they are not made yet. The peer's soft reset is dropped, and comes again.
  void hold_primary(bool held) { held_ = held; }
  // Wraps all rekeys from now on in keys made by TLS (docs/protocol.md, "Key exchange").
  void enable_dynamic_tls_crypt();

  // Sends the number of our last message once more, as soon as the peer has all of them: whatever
  // was received before is acknowledged again (docs/protocol.md, "Reliability"), so this is what a
  // peer that still knows us answers.
  void ask_for_sign() { sign_wanted_ = true; }
  // The peer has answered so.
  bool gives_signs() const { return gives_signs_; }

  // Data keys of the active primary: by the TLS exporter or the PRF. Empty when the library can't
  // export or has no MD5, or the primary has failed meanwhile.
  std::optional<StaticKey> derive_data_keys(bool by_exporter);
  // What the peer said of itself in its key-method-2 message.
  const KeyMethodMessage& peer_message() const { return primary_.peer_message(); }
  // A server's: the login in it, which is nowhere else then.
  Credentials take_peer_login();
  const crypto::TlsEngine& tls() const { return primary_.tls(); }
  base::Rng& rng() const { return rng_; }
  bool peer_known() const { return peer_session_.has_value(); }
  // Every message of ours is acknowledged: nothing is left to say.
  bool idle() const {
    return texts_.empty() && !primary_.tls().has_output() && primary_.sender().all_acknowledged();
  }

 private:
  struct WrappedKey {
    std::vector<std::uint8_t> bytes;  // tls-crypt-v2: WKc
    bool resend = false;              // the server asked for it in message 1
  };

  ControlChannel(Config config, Role role, SessionId local, ControlWrapper wrapper,
                 std::optional<StaticKey> wrap_key, Opcode reset, crypto::TlsFactory& tls,
                 base::Rng& rng, base::Now now);
  std::expected<void, DropReason> check_opcode(const ControlHeader& header) const;
  bool is_expected(const ControlHeader& header) const;
  std::expected<void, DropReason> meet_peer(const ControlHeader& header, const ControlBody& body);
  ControlWrapper* wrapper_for(const ControlHeader& header);
  bool starts_rekey(const ControlHeader& header) const;
  bool may_have_successor() const {
    return !held_ && primary_.stage() == KeySession::Stage::kActive;
  }
  // When reneg-sec wants a successor.
  std::optional<base::Instant> renewal_due() const;
  void begin_key(KeyId id, Opcode reset, base::Now now);
  void advance(base::Now now);
  void note_active(base::Now now);
  void fill_window();
  bool may_ask() const { return sign_wanted_ && !failed_ && primary_.sender().all_acknowledged(); }
  std::vector<std::uint8_t> packet_of(base::Now now, Opcode opcode, const ControlBody& body);
  void fail(ControlFailed::Kind kind, std::string text);
  ControlWrapper& wrapper_of_key(KeyId id);

  Config config_;
  Role role_;
  crypto::TlsFactory& tls_;
  base::Rng& rng_;
  SessionId local_session_;
  std::optional<SessionId> peer_session_;
  std::optional<SessionId> acknowledger_;  // who acknowledged our reset, before its own came

  ControlWrapper original_;
  std::optional<StaticKey> original_key_;  // of the original wrap, when it has one
  WrappedKey wrapped_key_;                 // a client's
  bool takes_wrapped_keys_ = false;        // a server's, of tls-crypt-v2
  std::optional<ControlWrapper> dynamic_;  // of all keys but the first, when negotiated

  KeySession primary_;
  bool active_noted_ = false;
  bool held_ = false;
  base::Instant active_since_{};
  std::optional<std::array<std::uint8_t, 32>> peer_fingerprint_;

  std::string options_;
  std::string peer_info_;
  std::optional<Credentials> login_;
  std::deque<std::string> texts_;
  std::deque<ControlEvent> events_;
  bool failed_ = false;
  bool sign_wanted_ = false;
  std::optional<MessageId> asked_with_;
  bool gives_signs_ = false;
};

}  // namespace sallyport::openvpn
