#include "openvpn/session/session.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"
#include "openvpn/session/options_string.h"
#include "openvpn/session/outer_path.h"
#include "openvpn/session/peer_info.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// PUSH_REQUEST is sent right after the key exchange, and again so often (docs/protocol.md, "Pushed
// options").
constexpr base::Duration kPushRequestInterval = seconds(5);

// Both sizes that count them are of datagrams.
std::size_t datagram_headers(AddressFamily outer) {
  return outer_headers({.ipv6 = outer == AddressFamily::kIpv6});
}

// What one control packet may take of the transport: max-packet-size counts the outer headers.
std::size_t packet_limit(const Remote& remote, AddressFamily outer) {
  return remote.max_packet_size - datagram_headers(outer);
}

}  // namespace

Session::Session(const Profile& profile, const Remote& remote, AddressFamily outer,
                 std::optional<Credentials> login, crypto::TlsFactory& tls, base::Rng& rng,
                 BatchMemory& memory, base::Now now)
    : profile_(profile),
      remote_(remote),
      outer_(outer),
      link_(Role::kClient, profile.rekey, profile.replay_window,
            ControlChannel(
                {profile.rekey, packet_limit(remote, outer), remote.transport == Transport::kTcp},
                profile.wraps[remote.wrap], tls, rng, now),
            memory, now),
      options_(profile.tunnel) {
  link_.control().set_key_message(options_string(profile, remote), peer_info(profile));
  if (login) link_.control().set_login(std::move(*login));
}

std::expected<void, DropReason> Session::handle_control(base::Now now, base::MutableBytes packet) {
  const auto handled = link_.handle_control(now, packet);
  if (!handled && handled.error() == DropReason::kWrapFailed) wrap_failed_ = true;
  take_link_events(now);
  return handled;
}

void Session::take_link_events(base::Now now) {
  while (auto event = link_.poll_event()) {
    if (phase_ == Phase::kDown) return;
    if (const auto* active = std::get_if<KeyActive>(&*event)) {
      on_key_active(*active, now);
    } else if (const auto* text = std::get_if<TextReceived>(&*event)) {
      on_text(text->text, now);
    } else {
      go_down(std::move(std::get<Down>(*event)));
    }
  }
}

void Session::on_key_active(const KeyActive& event, base::Now now) {
  if (phase_ == Phase::kConnected) {
    link_.add_key(event, now);
    return;
  }
  if (!profile_.pull.pull) return connect(profile_.tunnel, now);
  if (phase_ != Phase::kKeyExchange)
    return;  // a rekey before the push: the push decides about the newest key
  phase_ = Phase::kAwaitingPush;
  awaiting_push_since_ = now.mono;
  push_deadline_ = now.mono + profile_.rekey.hand_window;
  push_request_due_ = now.mono;
  handle_timeout(now);
}

void Session::connect(TunnelOptions options, base::Now now) {
  const auto cipher = choose_cipher(options);
  if (!cipher) {
    const auto named = cipher_of_options(link_.control().peer_message().options);
    return go_down(DownReason::kCipher,
                   "the server chose no data cipher that the profile allows" +
                       (named ? "; it speaks of " + printable(*named) : std::string()));
  }
  options_ = std::move(options);
  options_.cipher = cipher;
  const bool epochs_possible =
      aead_of(*cipher) && options_.flags.tls_ekm && options_.peer_id != kNoPeerId;
  if (options_.flags.epochs && !epochs_possible) {
    return go_down(DownReason::kPushRefused,
                   "the server switched 'aead-epoch' on, which needs an AEAD cipher, tls-ekm and a"
                   " peer-id");
  }
  options_.digest = profile_.auth_digest;
  options_.fragment = fragment_limit();
  if (remote_.mssfix) {
    options_.mssfix = remote_.mssfix->size;
    options_.mssfix_counts_outer_headers = remote_.mssfix->counts_outer_headers;
    options_.mssfix_fixed = remote_.mssfix->fixed;
  }
  // As OpenVPN: a packet that would only be cut is better made smaller, with all headers.
  if (!options_.mssfix && remote_.fragment != 0) {
    options_.mssfix = remote_.fragment;
    options_.mssfix_counts_outer_headers = true;
  }
  if (!link_.open(options_, now)) return;
  phase_ = Phase::kConnected;
  was_up_ = true;
  push_request_due_.reset();
  events_.push_back(
      Connected{options_, std::string(name_of(*cipher)), link_.control().tls().description()});
}

// The pushed cipher (already found among the offered ones); else the one the server's options
// string names; else the fallback (docs/protocol.md, "Data channel"). A server that names a cipher
// speaks no other, so where it is none of ours there is none.
std::optional<DataCipher> Session::choose_cipher(const TunnelOptions& options) const {
  if (options.cipher) return options.cipher;
  if (const auto name = cipher_of_options(link_.control().peer_message().options)) {
    const auto algorithm = data_cipher_by_name(*name);
    const auto& [offered, fallback] = profile_.ciphers;
    const bool ours = algorithm && (algorithm == fallback ||
                                    std::ranges::find(offered, *algorithm) != offered.end());
    return ours ? algorithm : std::nullopt;
  }
  return profile_.ciphers.fallback;
}

void Session::handle_timeout(base::Now now) {
  if (phase_ == Phase::kDown) return;
  link_.handle_timeout(now);
  take_link_events(now);
  if (phase_ != Phase::kAwaitingPush) return;
  if (push_deadline_ <= now.mono)
    return go_down(DownReason::kPushTimeout, "the server sent no PUSH_REPLY in time");
  if (*push_request_due_ <= now.mono) {
    push_request_due_ = now.mono + kPushRequestInterval;
    link_.send_text(now, "PUSH_REQUEST");
  }
}

std::optional<base::Instant> Session::next_deadline() const {
  if (phase_ == Phase::kDown) return std::nullopt;
  std::optional<base::Instant> next = link_.next_deadline();
  if (phase_ != Phase::kAwaitingPush) return next;
  const base::Instant due = std::min(push_deadline_, *push_request_due_);
  return next ? std::min(*next, due) : due;
}

void Session::data_batch_done(base::Now now) {
  link_.data_batch_done(now);
  take_link_events(now);
}

std::optional<std::vector<std::uint8_t>> Session::poll_packet(base::Now now) {
  return link_.poll_packet(now);
}

void Session::leave(base::Now now) {
  if (!was_up_) return;
  const unsigned notices = options_.explicit_exit_notify.value_or(remote_.explicit_exit_notify);
  if (options_.flags.cc_exit) {
    link_.send_text(now, "EXIT");
  } else if (remote_.transport == Transport::kUdp) {
    for (unsigned i = 0; i < notices; ++i) link_.queue_data(kExitNotice, now);
  }
}

// Of a datagram, without outer headers.
std::size_t Session::fragment_limit() const {
  const std::size_t headers = remote_.fragment_counts_outer_headers ? datagram_headers(outer_) : 0;
  return remote_.fragment > headers ? remote_.fragment - headers : 0;
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

void Session::respond(base::Now now, const base::SecretBytes& answer) {
  link_.send_text(now, "CR_RESPONSE," + std::string(encode_base64(answer.reveal()).reveal_text()));
}

void Session::go_down(Down down) {
  if (phase_ == Phase::kDown) return;
  if (down.reason == DownReason::kNoAnswer && wrap_rejected()) {
    down.reason = DownReason::kWrapRejected;
    down.text = "what the server sends is not wrapped with the profile's key";
  }
  phase_ = Phase::kDown;
  events_.push_back(std::move(down));
}

void Session::note(std::string text, base::Now now) {
  if (!notes_.has_room(now.mono)) return;
  notes_.take();
  events_.push_back(Note{std::move(text)});
  if (!notes_.has_room(now.mono)) {
    events_.push_back(Note{"more of what the server says is left out for up to a minute"});
  }
}

}  // namespace sallyport::openvpn
