#include "openvpn/session/control_channel.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/data/key_schedule.h"
#include "openvpn/wire/early_negotiation.h"

namespace sallyport::openvpn {
namespace {

// Old servers take four acknowledgements in a packet and drop it when there are more
// (docs/protocol.md, "Reliability"). Only outstanding ones are sent, never repeats.
constexpr std::size_t kAcksPerPacket = 4;
constexpr std::size_t kSmallestChunk = 16;

ControlWrapper wrapper_of(const ControlWrap& wrap) {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap)) {
    return ControlWrapper::tls_auth(auth->key, auth->direction, auth->digest);
  }
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap)) {
    return ControlWrapper::tls_crypt(crypt->key, Role::kClient, 1);
  }
  if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap)) {
    return ControlWrapper::tls_crypt(v2->key.key(), Role::kClient, kEarlyNegotiationStart);
  }
  return ControlWrapper::plain();
}

std::optional<StaticKey> key_of(const ControlWrap& wrap) {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap)) return auth->key.clone();
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap)) return crypt->key.clone();
  if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap)) return v2->key.key().clone();
  return std::nullopt;
}

Opcode first_opcode_of(const ControlWrap& wrap) {
  return std::holds_alternative<TlsCryptV2Wrap>(wrap) ? Opcode::kControlHardResetClientV3
                                                      : Opcode::kControlHardResetClientV2;
}

std::vector<std::uint8_t> wrapped_key_of(const ControlWrap& wrap) {
  const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap);
  if (v2 == nullptr) return {};
  const base::Bytes bytes = v2->key.wrapped_key();
  return {bytes.begin(), bytes.end()};
}

SessionId new_session_id(base::Rng& rng) {
  std::uint64_t value = 0;
  while (value == 0) value = base::random_value<std::uint64_t>(rng);
  return SessionId(value);
}

ControlFailed::Kind kind_of(KeyFailureKind kind) {
  switch (kind) {
    case KeyFailureKind::kCertificate:
      return ControlFailed::Kind::kCertificate;
    case KeyFailureKind::kTlsAlert:
      return ControlFailed::Kind::kTlsAlert;
    case KeyFailureKind::kTlsProtocol:
      return ControlFailed::Kind::kTlsProtocol;
    case KeyFailureKind::kKeyExchange:
      return ControlFailed::Kind::kKeyExchange;
  }
  CHECK(false);
}

}  // namespace

ControlChannel::ControlChannel(Config config, Role role, SessionId local, ControlWrapper wrapper,
                               std::optional<StaticKey> wrap_key, Opcode reset,
                               crypto::TlsFactory& tls, base::Rng& rng, base::Now now)
    : config_(std::move(config)),
      role_(role),
      tls_(tls),
      rng_(rng),
      local_session_(local),
      original_(std::move(wrapper)),
      original_key_(std::move(wrap_key)),
      primary_(KeyId{}, role, reset, now, config_.rekey.tls_timeout, tls, rng) {}

ControlChannel::ControlChannel(Config config, const ControlWrap& wrap, crypto::TlsFactory& tls,
                               base::Rng& rng, base::Now now)
    : ControlChannel(std::move(config), Role::kClient, new_session_id(rng), wrapper_of(wrap),
                     key_of(wrap), first_opcode_of(wrap), tls, rng, now) {
  wrapped_key_.bytes = wrapped_key_of(wrap);
}

ControlChannel::ControlChannel(Config config, AcceptedClient client, crypto::TlsFactory& tls,
                               base::Rng& rng, base::Now now)
    : ControlChannel(std::move(config), Role::kServer, client.local, std::move(client.wrapper),
                     std::move(client.wrap_key), Opcode::kControlHardResetServerV2, tls, rng, now) {
  peer_session_ = client.peer;
  takes_wrapped_keys_ = client.has_wrapped_key;
  if (!client.after_cookie) return;
  primary_.handle_message(MessageId(0), Opcode::kControlHardResetClientV2, {});
  primary_.receiver().take_acks(AckList::kMaximum);
  primary_.handle_acks(AckList{MessageId(0)});
}

std::expected<void, DropReason> ControlChannel::handle_packet(base::Now now,
                                                              base::MutableBytes packet) {
  const auto header = ControlHeader::parse(packet);
  if (!header) return std::unexpected(header.error());
  if (const auto allowed = check_opcode(*header); !allowed) return allowed;
  ControlWrapper* const wrapper = wrapper_for(*header);
  if (wrapper == nullptr) return std::unexpected(DropReason::kBadKeyId);
  if (brings_wrapped_key(header->opcode)) {
    // It was taken once, when the client came; now it is only in the way (CVE-2025-2704).
    const auto wrapped_key = trailing_wrapped_key(packet);
    if (!wrapped_key) return std::unexpected(DropReason::kTooShort);
    packet = packet.first(packet.size() - wrapped_key->size());
  }
  const auto unwrapped = wrapper->unwrap(packet);
  if (!unwrapped) return std::unexpected(unwrapped.error());
  const auto body = ControlBody::parse(header->opcode, *unwrapped);
  if (!body) return std::unexpected(body.error());
  return handle_unwrapped(now, *header, *body);
}

std::expected<void, DropReason> ControlChannel::handle_unwrapped(base::Now now,
                                                                 const ControlHeader& header,
                                                                 const ControlBody& body) {
  if (!body.acks.empty() && body.acked_session != local_session_)
    return std::unexpected(DropReason::kNotForUs);
  if (!peer_session_) {
    if (const auto accepted = meet_peer(header, body); !accepted) return accepted;
  }
  if (starts_rekey(header)) begin_key(header.key_id, Opcode::kControlSoftResetV1, now);

  if (asked_with_ && std::ranges::find(body.acks.ids(), *asked_with_) != body.acks.ids().end())
    gives_signs_ = true;
  primary_.handle_acks(body.acks);
  if (body.message_id && primary_.handle_message(*body.message_id, header.opcode, body.payload) ==
                             ReliableReceiver::Outcome::kOutOfWindow) {
    return std::unexpected(DropReason::kOutOfWindow);
  }
  advance(now);
  return {};
}

// What may come before anything is authenticated: this peer's packets, of this direction, in this
// phase.
std::expected<void, DropReason> ControlChannel::check_opcode(const ControlHeader& header) const {
  if (!is_expected(header)) return std::unexpected(DropReason::kBadOpcode);
  if (header.key_id != KeyId{} &&
      (is_hard_reset(header.opcode) || header.opcode == Opcode::kControlWkcV1)) {
    return std::unexpected(DropReason::kBadKeyId);
  }
  const bool needs_session =
      header.opcode == Opcode::kControlSoftResetV1 || header.opcode == Opcode::kControlV1;
  // A hard reset with another session id never replaces a running session: a restarted server is
  // noticed by silence.
  if (peer_session_ ? header.session != *peer_session_ : needs_session)
    return std::unexpected(DropReason::kBadSession);
  return {};
}

bool ControlChannel::is_expected(const ControlHeader& header) const {
  switch (header.opcode) {
    case Opcode::kControlSoftResetV1:
    case Opcode::kControlV1:
    case Opcode::kAckV1:
      return true;
    case Opcode::kControlHardResetServerV2:
      return role_ == Role::kClient;
    case Opcode::kControlHardResetClientV2:
      return role_ == Role::kServer && !takes_wrapped_keys_;
    case Opcode::kControlHardResetClientV3:
    case Opcode::kControlWkcV1:
      return role_ == Role::kServer && takes_wrapped_keys_;
    default:
      return false;
  }
}

bool ControlChannel::starts_rekey(const ControlHeader& header) const {
  return header.opcode == Opcode::kControlSoftResetV1 && header.key_id == primary_.id().next() &&
         may_have_successor();
}

ControlWrapper* ControlChannel::wrapper_for(const ControlHeader& header) {
  if (header.key_id != primary_.id() && !starts_rekey(header)) return nullptr;
  return &wrapper_of_key(header.key_id);
}

ControlWrapper& ControlChannel::wrapper_of_key(KeyId id) {
  return dynamic_ && id != KeyId{} ? *dynamic_ : original_;
}

// The first words of the server. It must acknowledge our reset, or anybody who saw nothing of ours
// could choose our peer; but it may do so in a packet of its own, when the one with its reset was
// lost: old servers acknowledge once.
std::expected<void, DropReason> ControlChannel::meet_peer(const ControlHeader& header,
                                                          const ControlBody& body) {
  if (!body.acks.empty()) acknowledger_ = header.session;
  if (header.opcode == Opcode::kAckV1) return {};
  if (acknowledger_ != header.session || body.message_id != MessageId(0)) {
    return std::unexpected(DropReason::kBadAcks);
  }
  if (!wrapped_key_.bytes.empty()) {
    const auto negotiation = EarlyNegotiation::parse(body.payload);
    if (!negotiation) return std::unexpected(negotiation.error());
    wrapped_key_.resend = negotiation->resend_wrapped_key;
  }
  peer_session_ = header.session;
  return {};
}

void ControlChannel::begin_key(KeyId id, Opcode reset, base::Now now) {
  asked_with_.reset();
  primary_ = KeySession(id, role_, reset, now, config_.rekey.tls_timeout, tls_, rng_);
  active_noted_ = false;
  events_.push_back(RekeyStarted{});
}

void ControlChannel::start_rekey(base::Now now) {
  if (failed_ || !may_have_successor()) return;
  begin_key(primary_.id().next(), Opcode::kControlSoftResetV1, now);
}

// Made once, from the first TLS session, and used for all later ones with one sequence of packet
// ids.
void ControlChannel::enable_dynamic_tls_crypt() {
  base::SecretArray<StaticKey::kSize> exported;
  if (!primary_.export_key(kDynamicTlsCryptExporterLabel, exported.reveal_mutable())) {
    return fail(ControlFailed::Kind::kTlsProtocol, "TLS cannot export a key for dynamic tls-crypt");
  }
  const StaticKey* const original = original_key_ ? &*original_key_ : nullptr;
  dynamic_ =
      ControlWrapper::tls_crypt(dynamic_tls_crypt_key(exported.reveal(), original), role_, 1);
}

// After any input: our part of the key exchange, the peer's texts, failures.
void ControlChannel::advance(base::Now now) {
  if (failed_) return;
  if (primary_.wants_key_message()) {
    KeyMethodMessage message;
    message.options = options_;
    message.peer_info = peer_info_;
    if (login_) {
      message.username = login_->username.clone();
      message.password = login_->password.clone();
    }
    primary_.send_key_message(std::move(message));
  }
  if (primary_.stage() == KeySession::Stage::kActive) {
    note_active(now);
    while (!failed_ && !texts_.empty() && primary_.stage() == KeySession::Stage::kActive) {
      primary_.send_text(texts_.front());
      texts_.pop_front();
    }
  }
  if (failed_) return;
  // Of a rekey that failed at once nobody has looked who the peer is.
  if (active_noted_ || primary_.id() == KeyId{}) {
    while (auto text = primary_.take_text()) events_.push_back(TextReceived{std::move(*text)});
  }
  if (primary_.stage() == KeySession::Stage::kFailed)
    fail(kind_of(primary_.failure().kind), primary_.failure().text);
}

void ControlChannel::note_active(base::Now now) {
  if (active_noted_) return;
  active_noted_ = true;
  active_since_ = now.mono;
  // It must be that of the first handshake (docs/protocol.md, "Rekeys").
  const auto fingerprint = primary_.tls().peer_fingerprint();
  if (primary_.id() == KeyId{}) {
    peer_fingerprint_ = fingerprint;
  } else if (fingerprint != peer_fingerprint_) {
    return fail(ControlFailed::Kind::kPeerChanged, "the peer's certificate changed during a rekey");
  }
  events_.push_back(KeyActive{primary_.id(), primary_.started()});
}

std::optional<StaticKey> ControlChannel::derive_data_keys(bool by_exporter) {
  if (primary_.stage() != KeySession::Stage::kActive) return std::nullopt;
  if (!by_exporter && role_ == Role::kClient) {
    return derive_data_keys_by_prf(primary_.local_source(), primary_.peer_source(), local_session_,
                                   *peer_session_);
  }
  if (!by_exporter) {
    return derive_data_keys_by_prf(primary_.peer_source(), primary_.local_source(), *peer_session_,
                                   local_session_);
  }
  base::SecretArray<StaticKey::kSize> exported;
  if (!primary_.export_key(kDataKeyExporterLabel, exported.reveal_mutable())) return std::nullopt;
  return StaticKey(exported.reveal());
}

Credentials ControlChannel::take_peer_login() {
  KeyMethodMessage& message = primary_.peer_message();
  return {std::move(message.username), std::move(message.password)};
}

void ControlChannel::handle_timeout(base::Now now) {
  if (failed_) return;
  const bool active = primary_.stage() == KeySession::Stage::kActive;
  if (!active && now.mono - primary_.started() >= config_.rekey.hand_window) {
    if (!peer_session_) return fail(ControlFailed::Kind::kNoAnswer, "the server does not answer");
    return fail(ControlFailed::Kind::kTimeout, "the handshake did not finish within hand-window");
  }
  if (const auto due = renewal_due(); due && *due <= now.mono) start_rekey(now);
}

std::optional<base::Instant> ControlChannel::renewal_due() const {
  if (!may_have_successor() || config_.rekey.every == base::Duration::zero()) return std::nullopt;
  return active_since_ + config_.rekey.every;
}

std::optional<base::Instant> ControlChannel::next_deadline() const {
  if (failed_) return std::nullopt;
  std::optional<base::Instant> next = primary_.sender().next_deadline();
  const auto at = [&next](base::Instant instant) {
    next = next ? std::min(*next, instant) : instant;
  };
  if (primary_.stage() != KeySession::Stage::kActive)
    at(primary_.started() + config_.rekey.hand_window);
  if (const auto due = renewal_due()) at(*due);
  return next;
}

void ControlChannel::fill_window() {
  const std::size_t overhead = ControlHeader::kSize + wrapper_of_key(primary_.id()).overhead() +
                               control_body_overhead(kAcksPerPacket);
  const auto chunk = [&](std::size_t taken) {
    const std::size_t used = overhead + taken;
    return used + kSmallestChunk > config_.packet_limit ? kSmallestChunk
                                                        : config_.packet_limit - used;
  };
  const bool resend = wrapped_key_.resend && primary_.id() == KeyId{};
  primary_.fill_window(chunk(0), resend ? Opcode::kControlWkcV1 : Opcode::kControlV1,
                       chunk(resend ? wrapped_key_.bytes.size() : 0));
}

std::optional<std::vector<std::uint8_t>> ControlChannel::poll_packet(base::Now now) {
  // Also after a failure: what is left is the TLS alert that tells the peer why.
  fill_window();
  const ReliableMessage* const due = primary_.sender().next_due(now.mono);
  if (due == nullptr && !primary_.receiver().has_acks() && !may_ask()) return std::nullopt;
  ControlBody body;
  body.acked_session = peer_session_.value_or(SessionId{});
  body.acks = primary_.receiver().take_acks(kAcksPerPacket);
  if (due == nullptr && may_ask()) {
    sign_wanted_ = false;
    asked_with_ = body.message_id = primary_.sender().last_id();
    return packet_of(now, Opcode::kControlV1, body);
  }
  if (due == nullptr) return packet_of(now, Opcode::kAckV1, body);
  // A server with cookies keeps no state until a packet brings its session id back, and that is
  // part of the acknowledgement of its reset; so it goes along until the server has shown that it
  // knows us. Where no packet is lost it came with the first, and some servers of TCP take a
  // repetition ill (docs/protocol.md, "Reliability").
  if (role_ == Role::kClient && !config_.stream && body.acks.empty() && peer_session_ &&
      primary_.receiver().expected() == MessageId(1)) {
    body.acks.add(MessageId(0));
  }
  body.message_id = due->id;
  body.payload = due->payload;
  return packet_of(now, due->opcode, body);
}

std::vector<std::uint8_t> ControlChannel::packet_of(base::Now now, Opcode opcode,
                                                    const ControlBody& body) {
  const ControlHeader header{opcode, primary_.id(), local_session_};
  std::vector<std::uint8_t> packet =
      wrapper_of_key(primary_.id()).wrap(now, header, body.serialize());
  if (brings_wrapped_key(opcode)) {
    packet.insert(packet.end(), wrapped_key_.bytes.begin(), wrapped_key_.bytes.end());
  }
  return packet;
}

std::optional<ControlEvent> ControlChannel::poll_event() {
  if (events_.empty()) return std::nullopt;
  ControlEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void ControlChannel::set_key_message(std::string options, std::string peer_info) {
  options_ = std::move(options);
  peer_info_ = std::move(peer_info);
}

void ControlChannel::set_token(const base::SecretBytes& token,
                               const std::optional<base::SecretBytes>& username) {
  if (!login_) login_.emplace();
  login_->password = token.clone();
  if (username) login_->username = username->clone();
}

void ControlChannel::set_login(Credentials login) {
  login_ = std::move(login);
}

void ControlChannel::send_text(base::Now now, std::string text) {
  texts_.push_back(std::move(text));
  advance(now);
}

void ControlChannel::fail(ControlFailed::Kind kind, std::string text) {
  if (failed_) return;
  failed_ = true;
  events_.push_back(ControlFailed{kind, std::move(text), primary_.id() != KeyId{}});
}

}  // namespace sallyport::openvpn
