// One TLS session of the control channel, the life of one key id: reset, TLS handshake, key
// exchange, messages. It works on parsed messages; wrapping and session ids are its owner's
// (control_channel.h). A rekey is a new KeySession, so nothing of one key can be mistaken for
// another's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/secret_queue.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "openvpn/control/reliable_receiver.h"
#include "openvpn/control/reliable_sender.h"
#include "openvpn/wire/key_method.h"
#include "openvpn/wire/role.h"

namespace sallyport::openvpn {

enum class KeyFailureKind { kCertificate, kTlsAlert, kTlsProtocol, kKeyExchange };
struct KeyFailure {
  KeyFailureKind kind;
  std::string text;
};

class KeySession {
 public:
  enum class Stage {
    kResetting,    // our reset is out, the peer's has not come
    kHandshaking,  // TLS
    kExchanging,   // TLS stands, key-method-2 messages go round
    kActive,       // both key messages are there: data keys can be derived
    kFailed,
  };

  // Starts with our reset, sent as `reset`.
  KeySession(KeyId id, Role role, Opcode reset, base::Now now, base::Duration tls_timeout,
             crypto::TlsFactory& tls, base::Rng& rng);

  KeyId id() const { return id_; }
  Stage stage() const { return stage_; }
  base::Instant started() const { return started_; }
  const KeyFailure& failure() const { return *failure_; }

  // From the peer's packets, authenticated: acknowledgements, and messages to put in order and work
  // on.
  void handle_acks(const AckList& acks);
  ReliableReceiver::Outcome handle_message(MessageId id, Opcode opcode, base::Bytes payload);

  // True when TLS is up and our key-method-2 message is due. The client speaks first.
  bool wants_key_message() const;
  void send_key_message(KeyMethodMessage message);

  // kActive: an application message, sent with its closing NUL.
  void send_text(std::string_view text);
  // The next whole message of the peer, without its NUL. In kFailed, too: what came before that.
  std::optional<base::SecretBytes> take_text();

  // Moves TLS bytes into messages of at most `limit` bytes while the window has room. The very
  // first message may have another opcode and limit: CONTROL_WKC_V1, which shares its packet with
  // the wrapped key.
  void fill_window(std::size_t limit, Opcode first_opcode, std::size_t first_limit);

  ReliableSender& sender() { return sender_; }
  const ReliableSender& sender() const { return sender_; }
  ReliableReceiver& receiver() { return receiver_; }
  const crypto::TlsEngine& tls() const { return *tls_; }

  // kActive. Key sources for the PRF, or the exporter.
  const KeySource& local_source() const { return local_source_; }
  const KeySource& peer_source() const { return peer_message_->source; }
  const KeyMethodMessage& peer_message() const { return *peer_message_; }
  KeyMethodMessage& peer_message() { return *peer_message_; }
  bool export_key(std::string_view label, base::MutableBytes out) {
    return tls_->export_key(label, out);
  }

 private:
  void work_on(const ReliableMessage& message);
  void advance();
  void read_plaintext();
  void take_key_message();
  void fail(KeyFailureKind kind, std::string text);
  // TLS, once.
  void begin();
  void fail_by_tls();

  KeyId id_;
  Role role_;
  base::Instant started_;
  Stage stage_ = Stage::kResetting;
  std::unique_ptr<crypto::TlsEngine> tls_;
  ReliableSender sender_;
  ReliableReceiver receiver_;
  KeySource local_source_;
  bool key_message_sent_ = false;
  bool first_message_filled_ = false;
  std::optional<KeyMethodMessage> peer_message_;
  // Decrypted, not yet parsed: at most kInboxLimit bytes. Credentials and tokens are among them.
  base::SecretQueue inbox_;
  std::optional<KeyFailure> failure_;
};

}  // namespace sallyport::openvpn
