#include "openvpn/server/server_session.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/push/control_message.h"

namespace sallyport::openvpn {

ServerSession::ServerSession(std::shared_ptr<const ServerConfig> config, std::size_t packet_limit,
                             Transport transport, AcceptedClient client, PeerId peer_id,
                             crypto::TlsFactory& tls, base::Rng& rng, BatchMemory& memory,
                             base::Now now)
    : config_(std::move(config)),
      transport_(transport),
      started_(now.mono),
      link_(Role::kServer, config_->rekey, config_->replay_window,
            ControlChannel({config_->rekey, packet_limit}, std::move(client), tls, rng, now),
            memory, now),
      agreed_(config_->tunnel) {
  agreed_.peer_id = peer_id;
  link_.control().set_key_message(options_string(), {});
}

// What a 2.6 server says; clients only compare and warn.
std::string ServerSession::options_string() const {
  std::string text = "V4,dev-type tun,link-mtu 1541,tun-mtu " + std::to_string(agreed_.tun_mtu);
  text += transport_ == Transport::kUdp ? ",proto UDPv4" : ",proto TCPv4_SERVER";
  if (agreed_.compression != CompressionFraming::kNone) text += ",comp-lzo";
  text += ",auth " + std::string(config_->auth_digest.name()) + ",keysize 128";
  return text + ",key-method 2,tls-server";
}

std::expected<void, DropReason> ServerSession::handle_first(base::Now now,
                                                            const ControlHeader& header,
                                                            const ControlBody& body) {
  const auto handled = link_.handle_first(now, header, body);
  take_link_events(now);
  return handled;
}

std::expected<void, DropReason> ServerSession::handle_control(base::Now now,
                                                              base::MutableBytes packet) {
  const auto handled = link_.handle_control(now, packet);
  take_link_events(now);
  return handled;
}

void ServerSession::take_link_events(base::Now now) {
  while (auto event = link_.poll_event()) {
    if (is_over()) continue;
    if (const auto* active = std::get_if<KeyActive>(&*event)) {
      on_key_active(*active);
    } else if (const auto* text = std::get_if<TextReceived>(&*event)) {
      on_text(text->text, now);
    } else {
      go_down(std::move(std::get<Down>(*event)));
    }
  }
  say_what_waits(now);
}

// OpenVPN 3 loses a text that comes before it knows that its key message has arrived, so what
// nobody asked for waits until the client has acknowledged all of ours (2.x waits as well).
void ServerSession::say_what_waits(base::Now now) {
  if (!link_.control().idle()) return;
  if (phase_ == Phase::kWaiting && abilities_.can(ProtocolAbility::kRequestPush)) return push(now);
  if (!unasked_.empty()) link_.send_text(now, std::exchange(unasked_, {}));
}

void ServerSession::on_key_active(const KeyActive& active) {
  const bool rekey = phase_ == Phase::kUp;
  if (rekey) {
    new_key_ = active;
  } else if (phase_ == Phase::kHandshake) {
    const KeyMethodMessage& message = link_.control().peer_message();
    abilities_ = ClientAbilities::parse(message.peer_info, message.options);
    phase_ = Phase::kJudging;
  } else {
    // A rekey while the first key is still judged: no client does that.
    return go_down({DownReason::kKeyExchange, "the client began a rekey before it was let in"});
  }
  events_.push_back(LoginWanted{link_.control().take_peer_login(), rekey});
}

void ServerSession::on_text(const base::SecretBytes& text, base::Now now) {
  if (text.reveal_text() == "PUSH_REQUEST") {
    asked_for_push_ = true;
    if (phase_ == Phase::kWaiting) push(now);
    return;
  }
  const auto message = parse_control_message(text.reveal_text());
  // Repeated farewells must not postpone the end (CVE-2024-28882): linger() acts once.
  if (message && std::holds_alternative<ExitMessage>(*message)) linger(now);
}

void ServerSession::admit(base::Now now, Admission admission) {
  if (phase_ != Phase::kJudging) return;
  agreed_.cipher = negotiate_cipher(config_->ciphers, config_->cipher_fallback, abilities_);
  CHECK(agreed_.cipher.has_value());
  agreed_.flags = flags_for(abilities_);
  if (config_->migrate_compression) {
    agreed_.compression = migrated_framing(abilities_);
    agreed_.decompress = false;
  }
  if (!abilities_.can(ProtocolAbility::kDataV2)) agreed_.peer_id = kNoPeerId;
  to_push_ = push_messages(push_options({*config_,
                                         admission.client,
                                         abilities_,
                                         admission.addresses,
                                         agreed_,
                                         admission.token.reveal_text(),
                                         {}}));
  phase_ = Phase::kWaiting;
  if (asked_for_push_) return push(now);
  say_what_waits(now);
}

bool ServerSession::has_common_cipher() const {
  return negotiate_cipher(config_->ciphers, config_->cipher_fallback, abilities_).has_value();
}

void ServerSession::push(base::Now now) {
  if (!link_.open(agreed_, now)) return take_link_events(now);
  phase_ = Phase::kUp;
  for (std::string& text : to_push_) link_.send_text(now, std::move(text));
  to_push_ = {};
  take_link_events(now);
}

void ServerSession::admit_key(base::Now now, const base::SecretBytes& token) {
  if (phase_ != Phase::kUp || !new_key_) return;
  if (link_.add_key(*std::exchange(new_key_, std::nullopt), now) && !token.empty())
    unasked_ = "PUSH_REPLY,auth-token " + std::string(token.reveal_text());
  take_link_events(now);
}

void ServerSession::refuse(base::Now now, const std::string& reason) {
  if (is_over()) return;
  unasked_ = reason.empty() ? "AUTH_FAILED" : "AUTH_FAILED," + reason;
  linger(now);
  say_what_waits(now);
}

void ServerSession::turn_away(base::Now now, base::Duration backoff, const std::string& reason) {
  if (is_over()) return;
  if (!abilities_.can(ProtocolAbility::kAuthFailTemporary))
    return go_down({DownReason::kAuthTemporary, reason});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(backoff).count();
  refuse(now, "TEMP[backoff " + std::to_string(seconds) + "]:" + reason);
}

void ServerSession::dismiss(base::Now now, std::string text) {
  if (is_over()) return;
  if (phase_ == Phase::kUp) link_.send_text(now, std::move(text));
  linger(now);
}

void ServerSession::linger(base::Now now) {
  if (is_over()) return;
  phase_ = Phase::kLeaving;
  leave_at_ = now.mono + kLinger;
}

void ServerSession::handle_timeout(base::Now now) {
  if (phase_ == Phase::kDown) return;
  link_.handle_timeout(now);
  take_link_events(now);
  if (phase_ == Phase::kLeaving && leave_at_ <= now.mono)
    return go_down({DownReason::kPeerExit, "the session is over"});
  const bool negotiating = phase_ == Phase::kJudging || phase_ == Phase::kWaiting;
  if (negotiating && now.mono - started_ >= config_->rekey.hand_window)
    go_down({DownReason::kHandshake, "the handshake did not finish within hand-window"});
}

std::optional<base::Instant> ServerSession::next_deadline() const {
  if (phase_ == Phase::kDown) return std::nullopt;
  std::optional<base::Instant> next = link_.next_deadline();
  const auto at = [&next](base::Instant instant) {
    next = next ? std::min(*next, instant) : instant;
  };
  if (phase_ == Phase::kLeaving) at(leave_at_);
  if (phase_ == Phase::kJudging || phase_ == Phase::kWaiting)
    at(started_ + config_->rekey.hand_window);
  return next;
}

std::optional<std::vector<std::uint8_t>> ServerSession::poll_packet(base::Now now) {
  return link_.poll_packet(now);
}

std::optional<ServerSessionEvent> ServerSession::poll_event() {
  if (events_.empty()) return std::nullopt;
  ServerSessionEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::expected<void, SealError> ServerSession::seal(base::MutableBytes buffer,
                                                   std::size_t packet_size) {
  if (phase_ != Phase::kUp) return std::unexpected(SealError::kNoKey);
  return link_.seal(buffer, packet_size);
}

std::expected<Opened, DropReason> ServerSession::open(base::MutableBytes datagram) {
  if (phase_ != Phase::kUp) return std::unexpected(DropReason::kDataNotReady);
  return link_.open(datagram);
}

void ServerSession::data_batch_done(base::Now now) {
  link_.data_batch_done(now);
  take_link_events(now);
}

void ServerSession::go_down(Down down) {
  phase_ = Phase::kDown;
  events_.push_back(std::move(down));
}

}  // namespace sallyport::openvpn
