#include "openvpn/session/tunnel_link.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

// OpenVPN keeps sealing with the old key for a while after a rekey, until the peer surely has the
// new one: it seals with the newest key whose negotiation began at least so long ago
// (docs/protocol.md, "Rekeys").
base::Duration seal_delay(const RekeyOptions& rekey) {
  if (rekey.every == base::Duration::zero()) return rekey.hand_window;
  return std::min(rekey.hand_window, rekey.every / 2);
}

DownReason reason_of(ControlFailed::Kind kind) {
  switch (kind) {
    case ControlFailed::Kind::kNoAnswer:
      return DownReason::kNoAnswer;
    case ControlFailed::Kind::kTimeout:
      return DownReason::kHandshake;
    case ControlFailed::Kind::kCertificate:
      return DownReason::kCertificate;
    case ControlFailed::Kind::kTlsAlert:
      return DownReason::kTlsAlert;
    case ControlFailed::Kind::kTlsProtocol:
      return DownReason::kTls;
    case ControlFailed::Kind::kKeyExchange:
    case ControlFailed::Kind::kPeerChanged:
      return DownReason::kKeyExchange;
  }
  CHECK(false);
}

}  // namespace

TunnelLink::TunnelLink(Role role, const RekeyOptions& rekey, std::uint32_t replay_window,
                       ControlChannel control, BatchMemory& memory, base::Now now)
    : role_(role),
      rekey_(rekey),
      started_(now.mono),
      control_(std::move(control)),
      data_(role, replay_window, control_.rng(), memory),
      last_received_(now.mono),
      last_sent_(now.mono),
      last_active_(now.mono) {}

std::expected<void, DropReason> TunnelLink::handle_control(base::Now now,
                                                           base::MutableBytes packet) {
  const auto handled = control_.handle_packet(now, packet);
  // Only what the peer surely sent shows that it lives (our ancestor counted any bytes, B9).
  if (handled) last_received_ = now.mono;
  if (handled && silence_) silence_->received(now.mono);
  take_control_events(now);
  return handled;
}

std::expected<void, DropReason> TunnelLink::handle_first(base::Now now, const ControlHeader& header,
                                                         const ControlBody& body) {
  const auto handled = control_.handle_unwrapped(now, header, body);
  take_control_events(now);
  return handled;
}

void TunnelLink::take_control_events(base::Now now) {
  while (auto event = control_.poll_event()) {
    if (down_) return;
    if (const auto* active = std::get_if<KeyActive>(&*event)) {
      hand_out(*active, now);
    } else if (std::holds_alternative<RekeyStarted>(*event)) {
      data_.handle_rekey_started();
    } else if (auto* text = std::get_if<TextReceived>(&*event)) {
      events_.push_back(std::move(*text));
    } else {
      const auto& failed = std::get<ControlFailed>(*event);
      go_down(reason_of(failed.kind),
              failed.in_rekey ? failed.text + " (in a rekey)" : failed.text);
    }
  }
}

// A server judges a login with each key, which can take its time. A client has nothing to judge;
// before its push, its server may begin a key whenever it likes.
void TunnelLink::hand_out(const KeyActive& active, base::Now now) {
  active_key_ = active.id;
  control_.hold_primary(open_ || role_ == Role::kServer);
  if (open_) judged_since_ = now.mono;
  events_.push_back(active);
}

bool TunnelLink::open(const TunnelOptions& agreed, base::Now now) {
  CHECK(!open_ && agreed.cipher);
  data_.configure({{*agreed.cipher, agreed.digest, agreed.flags.epochs},
                   agreed.peer_id,
                   agreed.compression,
                   agreed.fragment,
                   agreed.decompress && !agreed.forbid_decompression});
  by_exporter_ = agreed.flags.tls_ekm;
  current_key_ = active_key_;
  if (!add_data_key(current_key_, now.mono)) return false;
  if (agreed.flags.dynamic_tls_crypt) control_.enable_dynamic_tls_crypt();
  keep_alive_by(agreed);
  open_ = true;
  last_received_ = last_sent_ = last_active_ = now.mono;
  return true;
}

void TunnelLink::keep_alive_by(const TunnelOptions& agreed) {
  liveness_ = {agreed.ping, agreed.ping_restart, agreed.inactive, agreed.inactive_bytes,
               agreed.session_timeout};
}

// The peer has a new key too, and opens with both for the transition window.
bool TunnelLink::add_key(const KeyActive& active, base::Now now) {
  judged_since_.reset();
  if (!add_data_key(active.id, active.started + seal_delay(rekey_))) return false;
  old_key_ = std::exchange(current_key_, active.id);
  old_key_dies_ = now.mono + rekey_.tran_window;
  return true;
}

bool TunnelLink::add_data_key(KeyId id, base::Instant seal_from) {
  const auto keys = control_.derive_data_keys(by_exporter_);
  control_.hold_primary(false);
  if (!keys) {
    go_down(DownReason::kKeyExchange, "this system's OpenSSL cannot make the data keys");
    return false;
  }
  data_.add_key(id, *keys, seal_from);
  return true;
}

void TunnelLink::handle_timeout(base::Now now) {
  if (down_) return;
  control_.handle_timeout(now);
  take_control_events(now);
  data_.handle_timeout(now.mono);
  if (old_key_dies_ && *old_key_dies_ <= now.mono) {
    data_.remove_key(old_key_);
    old_key_dies_.reset();
  }
  if (judged_since_ && now.mono - *judged_since_ >= rekey_.hand_window) {
    return go_down(DownReason::kHandshake, "the login of " + peer_name() +
                                               " was not judged within hand-window (in a rekey)");
  }
  if (open_) keep_alive(now);
}

void TunnelLink::keep_alive(base::Now now) {
  const auto passed = [&](base::Instant since, base::Duration limit) {
    return limit > base::Duration::zero() && now.mono - since >= limit;
  };
  if (passed(last_received_, liveness_.ping_restart)) {
    return go_down(DownReason::kPeerSilent,
                   "nothing came from " + peer_name() + " for the time of ping-restart");
  }
  if (passed(last_active_, liveness_.inactive))
    return go_down(DownReason::kInactive, "no traffic for the time of inactive");
  if (passed(started_, liveness_.session_timeout))
    return go_down(DownReason::kInactive, "session-timeout has passed");
  if (passed(last_sent_, liveness_.ping)) queue_data(kPingMagic, now);
  ask_or_give_up(now);
}

void TunnelLink::watch_for_silence() {
  silence_.emplace();
  control_.ask_for_sign();
}

void TunnelLink::ask_or_give_up(base::Now now) {
  if (!silence_) return;
  switch (silence_->handle_timeout(now.mono)) {
    case SilenceWatch::Step::kNothing:
      return;
    case SilenceWatch::Step::kAsk:
      return control_.ask_for_sign();
    case SilenceWatch::Step::kGone:
      if (!control_.gives_signs()) return silence_.reset();
      return go_down(DownReason::kPeerSilent,
                     peer_name() + " answers nothing any more, not even when asked");
  }
}

std::optional<base::Instant> TunnelLink::next_deadline() const {
  if (down_) return std::nullopt;
  std::optional<base::Instant> next = control_.next_deadline();
  const auto at = [&next](std::optional<base::Instant> instant) {
    if (instant) next = next ? std::min(*next, *instant) : *instant;
  };
  const auto after = [&at](base::Instant since, base::Duration limit) {
    if (limit > base::Duration::zero()) at(since + limit);
  };
  at(data_.next_deadline());
  at(old_key_dies_);
  if (judged_since_) at(*judged_since_ + rekey_.hand_window);
  if (!open_) return next;
  after(last_received_, liveness_.ping_restart);
  after(last_active_, liveness_.inactive);
  after(started_, liveness_.session_timeout);
  after(last_sent_, liveness_.ping);
  if (silence_) at(silence_->next_deadline());
  return next;
}

std::expected<void, SealError> TunnelLink::seal(base::MutableBytes buffer,
                                                std::size_t packet_size) {
  const auto sealed = data_.seal(buffer, packet_size);
  if (sealed) sent_in_batch_ += buffer.size();
  active_bytes_ += buffer.size();
  return sealed;
}

std::expected<Opened, DropReason> TunnelLink::open(base::MutableBytes datagram) {
  const auto opened = data_.open(datagram);
  if (!opened) return opened;
  received_in_batch_ = true;
  if (opened->kind == Opened::Kind::kPacket) {
    active_bytes_ += opened->packet.size();
  } else if (opened->kind == Opened::Kind::kExit) {
    peer_exit_in_batch_ = true;
  }
  return opened;
}

void TunnelLink::data_batch_done(base::Now now) {
  if (!open_ || down_) return;
  data_.batch_done(now.mono);
  if (const std::size_t sent = std::exchange(sent_in_batch_, 0); sent > 0) {
    last_sent_ = now.mono;
    if (silence_) silence_->sent(now.mono, sent);
  }
  if (std::exchange(received_in_batch_, false)) {
    last_received_ = now.mono;
    if (silence_) silence_->received(now.mono);
  }
  if (active_bytes_ > liveness_.inactive_bytes) {
    last_active_ = now.mono;
    active_bytes_ = 0;
  }
  if (std::exchange(peer_exit_in_batch_, false))
    return go_down(DownReason::kPeerExit, peer_name() + " said goodbye");
  check_key_usage(now);
}

void TunnelLink::check_key_usage(base::Now now) {
  const DataKey* const key = data_.newest_key();
  if (key == nullptr || key->id() != current_key_) return;
  if (key->wants_renewal() || (rekey_.bytes != 0 && key->bytes() >= rekey_.bytes) ||
      (rekey_.packets != 0 && key->packets() >= rekey_.packets)) {
    control_.start_rekey(now);
  }
}

std::optional<std::vector<std::uint8_t>> TunnelLink::poll_packet(base::Now now) {
  if (auto packet = control_.poll_packet(now)) return packet;
  if (data_packets_.empty()) return std::nullopt;
  std::vector<std::uint8_t> packet = std::move(data_packets_.front());
  data_packets_.pop_front();
  return packet;
}

std::optional<LinkEvent> TunnelLink::poll_event() {
  if (events_.empty()) return std::nullopt;
  LinkEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

// Too small to be cut.
void TunnelLink::queue_data(base::Bytes plaintext, base::Now now) {
  last_sent_ = now.mono;
  const SealRoom room = data_.seal_room();
  std::size_t size = plaintext.size();
  std::optional<FragmentPlan> plan;
  if (data_.cuts()) {
    std::ranges::copy(plaintext, data_.packet_space(size).begin());
    plan = data_.cut();
    CHECK(plan && plan->count() == 1);
    size = plan->size(0);
  }
  std::vector<std::uint8_t> packet(room.sealed_size(size));
  const auto inside = base::MutableBytes(packet).subspan(room.front, size);
  if (plan) {
    data_.piece(*plan, 0, inside);
  } else {
    std::ranges::copy(plaintext, inside.begin());
  }
  if (data_.seal(packet, size)) data_packets_.push_back(std::move(packet));
}

void TunnelLink::send_text(base::Now now, std::string text) {
  control_.send_text(now, std::move(text));
}

void TunnelLink::start_rekey(base::Now now) {
  control_.start_rekey(now);
}

void TunnelLink::go_down(DownReason reason, std::string text) {
  if (down_) return;
  down_ = true;
  events_.push_back(Down{reason, std::move(text)});
}

}  // namespace sallyport::openvpn
