#include "scripted_server.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/data/key_schedule.h"
#include "openvpn/session/options_string.h"
#include "openvpn/wire/early_negotiation.h"
#include "unsealed.h"

namespace sallyport::sim {

using namespace openvpn;

namespace {

constexpr std::chrono::seconds kTlsTimeout{2};
constexpr std::size_t kChunk = 1100;

}  // namespace

ScriptedServer::ScriptedServer(Script script, const ControlWrap& wrap,
                               const TlsCryptV2ServerKey* server_key, crypto::TlsFactory& tls,
                               base::Rng& rng)
    : script_(std::move(script)),
      wrap_(wrap),
      server_key_(server_key),
      tls_(tls),
      rng_(rng),
      cookie_secret_(base::random_value<std::uint64_t>(rng)) {}

ControlWrapper ScriptedServer::make_wrapper() const {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap_)) {
    const auto direction =
        auth->direction ? std::optional(opposite(*auth->direction)) : std::nullopt;
    return ControlWrapper::tls_auth(auth->key, direction, auth->digest);
  }
  if (wrap_key() != nullptr) return ControlWrapper::tls_crypt(*wrap_key(), Role::kServer, 1);
  return ControlWrapper::plain();
}

const StaticKey* ScriptedServer::wrap_key() const {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap_)) return &auth->key;
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap_)) return &crypt->key;
  if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap_)) return &v2->key.key();
  return nullptr;
}

// Cuts WKc off and checks that it is one of ours; nothing when the packet should have one and has
// not.
std::optional<std::vector<std::uint8_t>> ScriptedServer::strip_wrapped_key(
    std::vector<std::uint8_t>& packet) const {
  const auto found = trailing_wrapped_key(packet);
  if (!found || server_key_ == nullptr || !server_key_->unwrap(*found)) return std::nullopt;
  std::vector<std::uint8_t> wrapped(found->begin(), found->end());
  packet.resize(packet.size() - wrapped.size());
  return wrapped;
}

void ScriptedServer::handle_packet(base::Now now, std::vector<std::uint8_t> packet) {
  if (script_.silent || packet.empty()) return;
  const auto first = parse_first_byte(packet[0]);
  if (!first) return;
  if (!is_data(first->opcode)) return handle_control(now, std::move(packet));
  if (!data_) return;
  const auto opened = data_->open(packet);
  if (!opened || opened->kind != Opened::Kind::kPacket) return;
  received.emplace_back(base::text_of(opened->packet));
}

void ScriptedServer::handle_control(base::Now now, std::vector<std::uint8_t> packet) {
  const auto header = ControlHeader::parse(packet);
  if (!header) return;
  const bool brings_key = header->opcode == Opcode::kControlHardResetClientV3 ||
                          header->opcode == Opcode::kControlWkcV1;
  if (brings_key && !strip_wrapped_key(packet)) return;
  if (!peer_ || header->session != peer_->remote)
    return handle_first(now, *header, std::move(packet));

  const bool rekey = header->opcode == Opcode::kControlSoftResetV1 &&
                     header->key_id == peer_->key.id().next() &&
                     peer_->key.stage() == KeySession::Stage::kActive;
  if (header->key_id != peer_->key.id() && !rekey) return;
  const auto unwrapped = wrapper(header->key_id).unwrap(packet);
  if (!unwrapped) return;
  const auto body = ControlBody::parse(header->opcode, *unwrapped);
  if (!body || (!body->acks.empty() && body->acked_session != peer_->local)) return;
  if (rekey) begin_key(header->key_id, now);
  deliver(now, *header, *body);
}

void ScriptedServer::handle_first(base::Now now, const ControlHeader& header,
                                  std::vector<std::uint8_t> packet) {
  ControlWrapper wrapper = make_wrapper();
  const auto unwrapped = wrapper.unwrap(packet);
  if (!unwrapped) return;
  const auto body = ControlBody::parse(header.opcode, *unwrapped);
  if (!body) return;
  if (is_hard_reset(header.opcode)) {
    if (script_.cookies) return reply_stateless(now, header);
    create_peer(now, header.session, std::move(wrapper));
    return deliver(now, header, *body);
  }
  // The third packet of the cookie handshake proves the client's address by the session id it
  // acknowledges.
  const bool expects_key = std::holds_alternative<TlsCryptV2Wrap>(wrap_);
  const bool third = header.opcode == Opcode::kControlWkcV1 ||
                     (!expects_key && header.opcode == Opcode::kControlV1) ||
                     (!expects_key && header.opcode == Opcode::kAckV1);
  if (!script_.cookies || !third || body->acks.empty() ||
      body->acked_session != cookie(header.session))
    return;
  create_peer(now, header.session, std::move(wrapper));
  peer_->local = cookie(header.session);
  // The stateless reply used the first packet id.
  peer_->original.wrap(now, {Opcode::kAckV1, KeyId{}, peer_->local}, {});
  peer_->key.handle_message(MessageId(0), Opcode::kControlHardResetClientV2, {});
  peer_->key.receiver().take_acks(AckList::kMaximum);
  peer_->key.handle_acks(AckList{MessageId(0)});
  deliver(now, header, *body);
}

SessionId ScriptedServer::cookie(SessionId client) const {
  return SessionId(((client.value() * 0x9e3779b97f4a7c15) ^ cookie_secret_) | 1);
}

void ScriptedServer::reply_stateless(base::Now now, const ControlHeader& header) {
  static constexpr std::array<std::uint8_t, 6> kResendWrappedKey{0, 1, 0, 2, 0, 1};
  ++stateless_replies;
  ControlBody body;
  body.acks = AckList{MessageId(0)};
  body.acked_session = header.session;
  body.message_id = MessageId(0);
  if (header.opcode == Opcode::kControlHardResetClientV3) body.payload = kResendWrappedKey;
  ControlWrapper wrapper = make_wrapper();
  out_.push_back(wrapper.wrap(
      now, {Opcode::kControlHardResetServerV2, KeyId{}, cookie(header.session)}, body.serialize()));
}

void ScriptedServer::create_peer(base::Now now, SessionId client, ControlWrapper wrapper) {
  peer_.reset(new Peer{SessionId(base::random_value<std::uint64_t>(rng_) | 1),
                       client,
                       std::move(wrapper),
                       {},
                       KeySession(KeyId{}, Role::kServer, Opcode::kControlHardResetServerV2, now,
                                  kTlsTimeout, tls_, rng_)});
  data_.reset();
  pushed_ = false;
}

void ScriptedServer::begin_key(KeyId id, base::Now now) {
  data_->handle_rekey_started();
  peer_->key =
      KeySession(id, Role::kServer, Opcode::kControlSoftResetV1, now, kTlsTimeout, tls_, rng_);
  peer_->active_noted = false;
}

void ScriptedServer::start_rekey(base::Now now) {
  if (peer_ && peer_->key.stage() == KeySession::Stage::kActive)
    begin_key(peer_->key.id().next(), now);
}

void ScriptedServer::deliver(base::Now now, const ControlHeader& header, const ControlBody& body) {
  peer_->key.handle_acks(body.acks);
  if (body.message_id) peer_->key.handle_message(*body.message_id, header.opcode, body.payload);
  advance(now);
}

void ScriptedServer::advance(base::Now now) {
  KeySession& key = peer_->key;
  if (key.wants_key_message()) {
    client_username = std::string(key.peer_message().username.reveal_text());
    client_password = std::string(key.peer_message().password.reveal_text());
    client_peer_info = key.peer_message().peer_info;
    if (script_.cipher_of_client) take_cipher_of_client();
    KeyMethodMessage message;
    message.options = script_.options;
    key.send_key_message(std::move(message));
  }
  if (key.stage() != KeySession::Stage::kActive) return;
  if (!peer_->active_noted) note_active(now);
  while (const auto text = key.take_text()) {
    texts_received.emplace_back(text->reveal_text());
    if (texts_received.back() == "PUSH_REQUEST" && !pushed_) {
      pushed_ = true;
      texts_.push_back(script_.on_login.empty() ? script_.push : script_.on_login);
    }
  }
  while (!texts_.empty()) {
    key.send_text(texts_.front());
    texts_.pop_front();
  }
}

void ScriptedServer::take_cipher_of_client() {
  const auto name = cipher_of_options(peer_->key.peer_message().options);
  const auto known = name ? data_cipher_by_name(*name) : std::nullopt;
  script_.suite.cipher = known.value_or(DataCipher::kAes128Cbc);
  script_.options = "V4,dev-type tun,link-mtu 1500,tun-mtu 1500,proto UDPv4,cipher " +
                    std::string(name.value_or("aes-128-cbc")) +
                    ",auth SHA1,keysize 128,key-method 2,tls-server";
}

void ScriptedServer::note_active(base::Now now) {
  peer_->active_noted = true;
  peer_->active_since = now.mono;
  ++keys_made;
  if (!data_) {
    data_.emplace(Role::kServer, 2048, rng_, memory_);
    data_->configure({script_.suite, script_.peer_id, script_.framing, script_.fragment});
    if (script_.push_unasked) {
      pushed_ = true;
      texts_.push_back(script_.on_login.empty() ? script_.push : script_.on_login);
    }
  }
  // As OpenVPN: seal with the old key for a while, until the client surely has the new one.
  const base::Duration hand_window = std::chrono::seconds(60);
  const bool often = script_.rekey_every > base::Duration::zero();
  const base::Duration delay = often ? std::min(hand_window, script_.rekey_every / 2) : hand_window;
  data_->add_key(peer_->key.id(), data_keys(), now.mono + delay);
  if (script_.dynamic_tls_crypt && !peer_->dynamic) arm_dynamic();
}

StaticKey ScriptedServer::data_keys() {
  KeySession& key = peer_->key;
  if (!script_.exporter)
    return derive_data_keys_by_prf(key.peer_source(), key.local_source(), peer_->remote,
                                   peer_->local)
        .value();
  std::vector<std::uint8_t> exported(StaticKey::kSize);
  CHECK(key.export_key(kDataKeyExporterLabel, exported));
  return StaticKey(exported);
}

void ScriptedServer::arm_dynamic() {
  std::vector<std::uint8_t> exported(StaticKey::kSize);
  CHECK(peer_->key.export_key(kDynamicTlsCryptExporterLabel, exported));
  peer_->dynamic =
      ControlWrapper::tls_crypt(dynamic_tls_crypt_key(exported, wrap_key()), Role::kServer, 1);
}

void ScriptedServer::handle_timeout(base::Now now) {
  if (!peer_ || script_.silent) return;
  if (data_) data_->handle_timeout(now.mono);
  if (peer_->key.stage() != KeySession::Stage::kActive) return;
  if (!texts_.empty()) advance(now);
  if (script_.rekey_every > base::Duration::zero() &&
      now.mono - peer_->active_since >= script_.rekey_every)
    start_rekey(now);
}

std::optional<base::Instant> ScriptedServer::next_deadline() const {
  if (!peer_ || script_.silent) return std::nullopt;
  auto next = peer_->key.sender().next_deadline();
  if (script_.rekey_every > base::Duration::zero() &&
      peer_->key.stage() == KeySession::Stage::kActive) {
    const base::Instant rekey = peer_->active_since + script_.rekey_every;
    next = next ? std::min(*next, rekey) : rekey;
  }
  return next;
}

std::optional<std::vector<std::uint8_t>> ScriptedServer::poll_packet(base::Now now) {
  if (script_.silent) return std::nullopt;
  if (!out_.empty()) {
    auto packet = std::move(out_.front());
    out_.pop_front();
    return packet;
  }
  if (!peer_) return std::nullopt;
  KeySession& key = peer_->key;
  key.fill_window(kChunk, Opcode::kControlV1, kChunk);
  const ReliableMessage* const due = key.sender().next_due(now.mono);
  if (due == nullptr && !key.receiver().has_acks()) return std::nullopt;
  ControlBody body;
  body.acked_session = peer_->remote;
  body.acks = key.receiver().take_acks(AckList::kMaximum);
  if (due != nullptr) {
    body.message_id = due->id;
    body.payload = due->payload;
  }
  return wrapper(key.id()).wrap(now, {due ? due->opcode : Opcode::kAckV1, key.id(), peer_->local},
                                body.serialize());
}

void ScriptedServer::send_control(base::Now now, Opcode opcode, KeyId key_id, base::Bytes body) {
  if (peer_) out_.push_back(wrapper(key_id).wrap(now, {opcode, key_id, peer_->local}, body));
}

void ScriptedServer::send_data(std::string_view plain) {
  if (!connected()) return;
  if (!data_->cuts()) return seal(base::bytes_of(plain));
  base::copy_bytes(base::bytes_of(plain), data_->packet_space(plain.size()));
  const auto plan = data_->cut();
  for (std::size_t i = 0; i < plan->count(); ++i) {
    std::vector<std::uint8_t> piece(plan->size(i));
    data_->piece(*plan, i, piece);
    seal(piece);
  }
}

void ScriptedServer::seal(base::Bytes plain) {
  auto packet = testing::unsealed(data_->seal_room(), plain);
  if (data_->seal(packet, plain.size())) out_.push_back(std::move(packet));
}

}  // namespace sallyport::sim
