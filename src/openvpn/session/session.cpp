#include "openvpn/session/session.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/session/options_string.h"
#include "openvpn/session/peer_info.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// PUSH_REQUEST is sent right after the key exchange, and again so often (docs/protocol.md, "Pushed
// options").
constexpr base::Duration kPushRequestInterval = seconds(5);

constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;

std::size_t outer_headers(AddressFamily outer) {
  return (outer == AddressFamily::kIpv6 ? kIpv6Header : kIpv4Header) + kUdpHeader;
}

// What one control packet may take of the transport: max-packet-size counts the outer headers.
std::size_t packet_limit(const Remote& remote, AddressFamily outer) {
  return remote.max_packet_size - outer_headers(outer);
}

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
    case ControlFailed::Kind::kTlsProtocol:
      return DownReason::kTls;
    case ControlFailed::Kind::kKeyExchange:
    case ControlFailed::Kind::kPeerChanged:
      return DownReason::kKeyExchange;
  }
  CHECK(false);
}

}  // namespace

Session::Session(const Profile& profile, const Remote& remote, AddressFamily outer,
                 std::optional<Credentials> login, crypto::TlsFactory& tls, base::Rng& rng,
                 base::Now now)
    : profile_(profile),
      remote_(remote),
      outer_(outer),
      started_(now.mono),
      control_({profile.rekey, packet_limit(remote, outer)}, profile.wraps[remote.wrap], tls, rng,
               now),
      data_(Role::kClient, profile.replay_window, rng),
      options_(profile.tunnel),
      last_received_(now.mono),
      last_sent_(now.mono),
      last_active_(now.mono) {
  control_.set_key_message(options_string(profile, remote), peer_info(profile));
  if (login) control_.set_login(std::move(*login));
}

std::expected<void, DropReason> Session::handle_control(base::Now now, base::MutableBytes packet) {
  const auto handled = control_.handle_packet(now, packet);
  // Only what the peer surely sent shows that it lives (our ancestor counted any bytes, B9).
  if (handled) last_received_ = now.mono;
  take_control_events(now);
  return handled;
}

void Session::take_control_events(base::Now now) {
  while (auto event = control_.poll_event()) {
    if (phase_ == Phase::kDown) return;
    if (const auto* active = std::get_if<KeyActive>(&*event)) {
      on_key_active(*active, now);
    } else if (std::holds_alternative<RekeyStarted>(*event)) {
      data_.handle_rekey_started();
    } else if (const auto* text = std::get_if<TextReceived>(&*event)) {
      on_text(text->text, now);
    } else {
      const auto& failed = std::get<ControlFailed>(*event);
      go_down(reason_of(failed.kind),
              failed.in_rekey ? failed.text + " (in a rekey)" : failed.text);
    }
  }
}

void Session::on_key_active(const KeyActive& event, base::Now now) {
  if (phase_ == Phase::kConnected) {
    // A rekey: the peer has a new key too, and opens with both for the transition window.
    if (!add_data_key(event.id, event.started + seal_delay(profile_.rekey))) return;
    old_key_ = std::exchange(current_key_, event.id);
    old_key_dies_ = now.mono + profile_.rekey.tran_window;
    return;
  }
  current_key_ = event.id;
  if (!profile_.pull.pull) return connect(profile_.tunnel, now);
  if (phase_ != Phase::kKeyExchange)
    return;  // a rekey before the push: the push decides about the newest key
  phase_ = Phase::kAwaitingPush;
  push_deadline_ = now.mono + profile_.rekey.hand_window;
  push_request_due_ = now.mono;
  handle_timeout(now);
}

void Session::connect(TunnelOptions options, base::Now now) {
  const auto cipher = choose_cipher(options);
  if (!cipher) {
    return go_down(DownReason::kPushRefused,
                   "the server chose no data cipher that the profile allows");
  }
  options_ = std::move(options);
  options_.cipher = cipher;
  // As OpenVPN: a packet that would only be cut is better made smaller, with all headers.
  if (!options_.mssfix && remote_.fragment != 0) {
    options_.mssfix = remote_.fragment;
    options_.mssfix_counts_outer_headers = true;
  }
  data_.configure(
      {{*cipher, profile_.auth_digest}, options_.peer_id, options_.compression, fragment_limit()});
  if (!add_data_key(current_key_, now.mono)) return;
  if (options_.flags.dynamic_tls_crypt) control_.enable_dynamic_tls_crypt();
  phase_ = Phase::kConnected;
  push_request_due_.reset();
  last_received_ = last_sent_ = last_active_ = now.mono;
  events_.push_back(Connected{options_, std::string(name_of(*cipher)), control_.tls_description()});
}

// The pushed cipher (already found among the offered ones); else the one the server's options
// string names; else the fallback (docs/protocol.md, "Data channel").
std::optional<DataCipher> Session::choose_cipher(const TunnelOptions& options) const {
  if (options.cipher) return options.cipher;
  if (const auto name = cipher_of_options(control_.peer_options())) {
    const auto algorithm = data_cipher_by_name(*name);
    const auto& offered = profile_.ciphers.offered;
    if (algorithm && std::ranges::find(offered, *algorithm) != offered.end()) return algorithm;
  }
  return profile_.ciphers.fallback;
}

bool Session::add_data_key(KeyId id, base::Instant seal_from) {
  const auto keys = control_.derive_data_keys(options_.flags.tls_ekm);
  if (!keys) {
    go_down(DownReason::kKeyExchange, "TLS cannot export the data keys");
    return false;
  }
  data_.add_key(id, *keys, seal_from);
  return true;
}

void Session::handle_timeout(base::Now now) {
  if (phase_ == Phase::kDown) return;
  control_.handle_timeout(now);
  take_control_events(now);
  data_.handle_timeout(now.mono);
  if (old_key_dies_ && *old_key_dies_ <= now.mono) {
    data_.remove_key(old_key_);
    old_key_dies_.reset();
  }
  if (phase_ == Phase::kAwaitingPush) {
    if (push_deadline_ <= now.mono)
      return go_down(DownReason::kPushTimeout, "the server sent no PUSH_REPLY in time");
    if (*push_request_due_ <= now.mono) {
      push_request_due_ = now.mono + kPushRequestInterval;
      control_.send_text(now, "PUSH_REQUEST");
    }
  }
  if (phase_ == Phase::kConnected) keep_alive(now);
}

void Session::keep_alive(base::Now now) {
  const auto passed = [&](base::Instant since, base::Duration limit) {
    return limit > base::Duration::zero() && now.mono - since >= limit;
  };
  if (passed(last_received_, options_.ping_restart)) {
    return go_down(DownReason::kPeerSilent,
                   "nothing came from the server for the time of ping-restart");
  }
  if (passed(last_active_, options_.inactive))
    return go_down(DownReason::kInactive, "no traffic for the time of inactive");
  if (passed(started_, options_.session_timeout))
    return go_down(DownReason::kInactive, "session-timeout has passed");
  if (passed(last_sent_, options_.ping)) queue_data(kPingMagic, now);
}

std::optional<base::Instant> Session::next_deadline() const {
  if (phase_ == Phase::kDown) return std::nullopt;
  std::optional<base::Instant> next = control_.next_deadline();
  const auto at = [&next](std::optional<base::Instant> instant) {
    if (instant) next = next ? std::min(*next, *instant) : *instant;
  };
  const auto after = [&at](base::Instant since, base::Duration limit) {
    if (limit > base::Duration::zero()) at(since + limit);
  };
  at(data_.next_deadline());
  at(old_key_dies_);
  if (phase_ == Phase::kAwaitingPush) {
    at(push_deadline_);
    at(push_request_due_);
  } else if (phase_ == Phase::kConnected) {
    after(last_received_, options_.ping_restart);
    after(last_active_, options_.inactive);
    after(started_, options_.session_timeout);
    after(last_sent_, options_.ping);
  }
  return next;
}

std::expected<void, SealError> Session::seal(base::MutableBytes buffer, std::size_t packet_size) {
  const auto sealed = data_.seal(buffer, packet_size);
  if (sealed) sent_in_batch_ = true;
  active_bytes_ += buffer.size();
  return sealed;
}

std::expected<Opened, DropReason> Session::open(base::MutableBytes datagram) {
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

void Session::data_batch_done(base::Now now) {
  if (phase_ != Phase::kConnected) return;
  data_.batch_done(now.mono);
  if (std::exchange(received_in_batch_, false)) last_received_ = now.mono;
  if (std::exchange(sent_in_batch_, false)) last_sent_ = now.mono;
  if (active_bytes_ > options_.inactive_bytes) {
    last_active_ = now.mono;
    active_bytes_ = 0;
  }
  if (std::exchange(peer_exit_in_batch_, false))
    return go_down(DownReason::kPeerExit, "the server said goodbye");
  check_key_usage(now);
}

void Session::check_key_usage(base::Now now) {
  const DataKey* const key = data_.newest_key();
  if (key == nullptr || key->id() != current_key_) return;
  const RekeyOptions& rekey = profile_.rekey;
  if (key->wants_renewal() || (rekey.bytes != 0 && key->bytes() >= rekey.bytes) ||
      (rekey.packets != 0 && key->packets() >= rekey.packets)) {
    control_.start_rekey(now);
  }
}

std::optional<std::vector<std::uint8_t>> Session::poll_packet(base::Now now) {
  if (auto packet = control_.poll_packet(now)) return packet;
  if (data_packets_.empty()) return std::nullopt;
  std::vector<std::uint8_t> packet = std::move(data_packets_.front());
  data_packets_.pop_front();
  return packet;
}

// A packet of our own through the data channel: a ping, an exit notice. Too small to be cut.
void Session::queue_data(base::Bytes plaintext, base::Now now) {
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

// Of a datagram, without outer headers.
std::size_t Session::fragment_limit() const {
  const std::size_t headers = remote_.fragment_counts_outer_headers ? outer_headers(outer_) : 0;
  return remote_.fragment > headers ? remote_.fragment - headers : 0;
}

void Session::leave(base::Now now) {
  if (phase_ != Phase::kConnected) return;
  const unsigned notices = options_.explicit_exit_notify.value_or(remote_.explicit_exit_notify);
  if (options_.flags.cc_exit) {
    control_.send_text(now, "EXIT");
  } else if (remote_.transport == Transport::kUdp) {
    for (unsigned i = 0; i < notices; ++i) queue_data(kExitNotice, now);
  }
}

bool Session::farewell_done() const {
  return control_.idle() && data_packets_.empty();
}

std::optional<SessionEvent> Session::poll_event() {
  if (events_.empty()) return std::nullopt;
  SessionEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Session::go_down(DownReason reason, std::string text) {
  go_down(Down{reason, std::move(text)});
}

void Session::go_down(Down down) {
  if (phase_ == Phase::kDown) return;
  phase_ = Phase::kDown;
  events_.push_back(std::move(down));
}

void Session::note(std::string text) {
  events_.push_back(Note{std::move(text)});
}

}  // namespace sallyport::openvpn
