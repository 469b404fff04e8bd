#include "openvpn/session/key_session.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

// SoftEther and Access Servers push tens of kilobytes in one message (docs/protocol.md, "Pushed
// options").
constexpr std::size_t kInboxLimit = 128 * 1024;
// One TLS record is at most 16 KiB of plaintext; TlsEngine::read hands out one record at a time.
constexpr std::size_t kRecordSize = 16 * 1024;

}  // namespace

KeySession::KeySession(KeyId id, Role role, Opcode reset, base::Now now, base::Duration tls_timeout,
                       crypto::TlsFactory& tls, base::Rng& rng)
    : id_(id),
      role_(role),
      started_(now.mono),
      tls_(tls.create(now.wall)),
      sender_(tls_timeout),
      local_source_(KeySource::random(rng)) {
  sender_.push(reset, {});
}

void KeySession::handle_acks(const AckList& acks) {
  for (const MessageId id : acks.ids()) sender_.acknowledge(id);
  // OpenVPN 3 acknowledges the reset of a rekey and answers with none of its own.
  if (id_ != KeyId{} && role_ == Role::kClient && sender_.all_acknowledged()) begin();
}

void KeySession::begin() {
  if (stage_ != Stage::kResetting) return;
  stage_ = Stage::kHandshaking;
  if (role_ == Role::kClient) tls_->start();
}

ReliableReceiver::Outcome KeySession::handle_message(MessageId id, Opcode opcode,
                                                     base::Bytes payload) {
  const auto outcome = receiver_.receive(id, opcode, payload);
  while (const auto message = receiver_.next_in_order()) work_on(*message);
  return outcome;
}

void KeySession::work_on(const ReliableMessage& message) {
  if (stage_ == Stage::kFailed) return;
  // A reset, or the first of TLS from an OpenVPN 3 that has answered our soft reset without one.
  if (message.id == MessageId(0)) begin();
  if (message.opcode == Opcode::kControlV1 || message.opcode == Opcode::kControlWkcV1)
    tls_->receive(message.payload);
  advance();
}

void KeySession::advance() {
  if (stage_ == Stage::kHandshaking && tls_->state() == crypto::TlsState::kEstablished)
    stage_ = Stage::kExchanging;
  if (stage_ == Stage::kExchanging || stage_ == Stage::kActive) read_plaintext();
  if (tls_->state() == crypto::TlsState::kFailed) fail_by_tls();
}

void KeySession::read_plaintext() {
  base::SecretBytes record(kRecordSize);
  while (const std::size_t size = tls_->read(record.reveal_mutable())) {
    if (inbox_.size() + size > kInboxLimit) {
      fail(KeyFailureKind::kTlsProtocol, "the peer sent an endless control message");
      return;
    }
    inbox_.append(record.reveal().first(size));
    if (!peer_message_) take_key_message();
    if (stage_ == Stage::kFailed) return;
  }
}

void KeySession::take_key_message() {
  const Role peer = role_ == Role::kClient ? Role::kServer : Role::kClient;
  auto message = KeyMethodMessage::parse(peer, inbox_.reveal());
  if (!message) {
    if (message.error() == KeyMethodMessage::ParseError::kMalformed ||
        inbox_.size() > KeyMethodMessage::kMaximumSize) {
      fail(KeyFailureKind::kKeyExchange, "the peer's key exchange message is malformed");
    }
    return;
  }
  peer_message_ = std::move(*message);
  inbox_.consume(inbox_.size());
  if (key_message_sent_) stage_ = Stage::kActive;
}

bool KeySession::wants_key_message() const {
  if (stage_ != Stage::kExchanging || key_message_sent_) return false;
  return role_ == Role::kClient || peer_message_.has_value();
}

void KeySession::send_key_message(KeyMethodMessage message) {
  CHECK(wants_key_message());
  // A clone: the PRF needs the source until the data keys are made.
  message.source.pre_master = local_source_.pre_master.clone();
  message.source.random1 = local_source_.random1.clone();
  message.source.random2 = local_source_.random2.clone();
  key_message_sent_ = true;
  if (!tls_->write(message.serialize(role_).reveal())) return fail_by_tls();
  if (peer_message_) stage_ = Stage::kActive;
}

void KeySession::send_text(std::string_view text) {
  CHECK(stage_ == Stage::kActive);
  base::SecretBytes message(text.size() + 1);
  std::ranges::copy(base::bytes_of(text), message.reveal_mutable().begin());
  if (!tls_->write(message.reveal())) fail_by_tls();
}

std::optional<base::SecretBytes> KeySession::take_text() {
  // Also of a session that has failed since: a server says why, and closes.
  if (!peer_message_ || !key_message_sent_) return std::nullopt;
  const base::Bytes all = inbox_.reveal();
  const auto end = std::ranges::find(all, std::uint8_t{0});
  if (end == all.end()) return std::nullopt;
  base::SecretBytes text(base::Bytes(all.begin(), end));
  inbox_.consume(text.size() + 1);
  return text;
}

void KeySession::fill_window(std::size_t limit, Opcode first_opcode, std::size_t first_limit) {
  if (stage_ == Stage::kResetting) return;
  while (sender_.has_room() && tls_->has_output()) {
    std::vector<std::uint8_t> payload(first_message_filled_ ? limit : first_limit);
    payload.resize(tls_->send(payload));
    sender_.push(first_message_filled_ ? Opcode::kControlV1 : first_opcode, std::move(payload));
    first_message_filled_ = true;
  }
}

void KeySession::fail(KeyFailureKind kind, std::string text) {
  stage_ = Stage::kFailed;
  if (!failure_) failure_ = KeyFailure{kind, std::move(text)};
}

void KeySession::fail_by_tls() {
  const crypto::TlsFailure& failure = tls_->failure();
  switch (failure.kind) {
    case crypto::TlsFailureKind::kCertificate:
      return fail(KeyFailureKind::kCertificate, failure.text);
    case crypto::TlsFailureKind::kAlertReceived:
      return fail(KeyFailureKind::kTlsAlert, failure.text);
    case crypto::TlsFailureKind::kProtocol:
      return fail(KeyFailureKind::kTlsProtocol, failure.text);
  }
  CHECK(false);
}

}  // namespace sallyport::openvpn
