// What the server's text messages lead to (docs/protocol.md, "Control messages"). None of them ends
// more than the session.
#include <algorithm>

#include "openvpn/session/session.h"

namespace sallyport::openvpn {
namespace {

std::string sentence(std::string_view start, const std::string& details) {
  return details.empty() ? std::string(start) : std::string(start) + ": " + details;
}

}  // namespace

void Session::on_text(const base::SecretBytes& text, base::Now now) {
  auto message = parse_control_message(text.reveal_text());
  if (!message) return note("dropped pushed options that are no text", now);
  std::visit([&](auto& value) { on_message(value, now); }, *message);
}

void Session::on_message(PushReplyMessage& message, base::Now now) {
  if (phase_ != Phase::kAwaitingPush && phase_ != Phase::kConnected) return;
  auto reply = push_.add(message.text.reveal_text());
  if (!reply) return go_down(DownReason::kPushRefused, reply.error().text);
  if (*reply) apply(**reply, now);
}

void Session::apply(const PushReply& reply, base::Now now) {
  // After the first one, only a renewed token is of interest: the tunnel keeps what it has.
  if (phase_ == Phase::kConnected && !reply.only_renews_token()) return;
  auto pushed = apply_push(phase_ == Phase::kConnected ? options_ : profile_.tunnel, profile_.pull,
                           profile_.ciphers.offered, reply);
  if (!pushed) {
    const bool cipher = pushed.error().kind == PushErrorKind::kCipherNotOffered;
    return go_down(cipher ? DownReason::kCipher : DownReason::kPushRefused, pushed.error().text);
  }
  note_options(*pushed, now);
  if (pushed->auth_token) {
    link_.control().set_token(*pushed->auth_token, pushed->auth_token_user);
    events_.push_back(
        TokenReceived{std::move(*pushed->auth_token), std::move(pushed->auth_token_user)});
  }
  if (phase_ == Phase::kAwaitingPush) connect(std::move(pushed->tunnel), now);
}

void Session::on_message(AuthPending& message, base::Now now) {
  if (phase_ != Phase::kAwaitingPush) return;
  // As OpenVPN: what the server asks for, within this, both counted from the key exchange on
  // (docs/protocol.md, "Control messages"). Said again, it is the same time.
  const base::Duration longest = std::max(profile_.rekey.hand_window, profile_.rekey.every / 2);
  push_deadline_ = awaiting_push_since_ +
                   std::min(message.timeout.value_or(profile_.rekey.hand_window), longest);
  note("the server waits for a second factor", now);
}

void Session::on_message(AuthFailed& message, base::Now) {
  // As servers of 2.x say that there is no cipher in common.
  if (message.reason.contains("cipher negotiation"))
    return go_down(DownReason::kCipher, sentence("the server refuses our ciphers", message.reason));
  go_down(DownReason::kAuthFailed, sentence("the server refuses the login", message.reason));
}

void Session::on_message(SessionExpired& message, base::Now) {
  go_down(DownReason::kTokenExpired, sentence("the server's token has expired", message.reason));
}

void Session::on_message(TemporarilyRefused& message, base::Now) {
  Down down{DownReason::kAuthTemporary,
            sentence("the server asks to come back later", message.reason)};
  down.backoff = message.back_off.value_or(base::Duration::zero());
  down.advance = message.advance;
  go_down(std::move(down));
}

void Session::on_message(DynamicChallenge& message, base::Now) {
  if (!message.response_required)
    return go_down(DownReason::kAuthFailed,
                   sentence("the server refuses the login", message.question));
  events_.push_back(Question{Question::Kind::kDynamic, message.question, message.echo,
                             std::move(message.state_id), std::move(message.username)});
  go_down(DownReason::kQuestion, sentence("the server asks", message.question));
}

void Session::on_message(RestartMessage& message, base::Now) {
  Down down{DownReason::kRestart, sentence("the server asks to reconnect", message.reason)};
  down.advance = message.next_remote ? Advance::kNextRemote : Advance::kSameAddress;
  go_down(std::move(down));
}

void Session::on_message(HaltMessage& message, base::Now) {
  go_down(DownReason::kHalt, sentence("the server told us to stay away (HALT)", message.reason));
}

void Session::on_message(InfoMessage& message, base::Now now) {
  note("the server says: " + message.text, now);
  if (phase_ != Phase::kAwaitingPush) return;
  if (message.kind == InfoKind::kOpenUrl || message.kind == InfoKind::kWebAuth) {
    events_.push_back(LoginPage{message.text});
  } else if (message.kind == InfoKind::kChallengeText && message.flags.contains('R')) {
    events_.push_back(
        Question{Question::Kind::kText, message.text, message.flags.contains('E'), {}, {}});
  }
}

void Session::on_message(ExitMessage&, base::Now) {
  go_down(DownReason::kPeerExit, "the server said goodbye");
}

void Session::note_options(const PushedConfig& pushed, base::Now now) {
  for (const PushNote& entry : pushed.notes) {
    note("pushed option " + entry.option + ": " + std::string(name_of(entry.ruling.verdict)) +
             ", " + entry.ruling.reason,
         now);
  }
}

void Session::on_message(PushUpdateMessage& message, base::Now now) {
  if (phase_ != Phase::kConnected || !profile_.pull.pull) return;
  auto update = update_.add(message.text.reveal_text());
  if (!update) return go_down(DownReason::kPushRefused, update.error().text);
  if (!*update) return;
  auto changed = apply_push_update(options_, profile_.pull, **update);
  if (!changed) return go_down(DownReason::kPushRefused, changed.error().text);
  note_options(*changed, now);
  options_ = std::move(changed->tunnel);
  link_.keep_alive_by(options_);
  events_.push_back(OptionsChanged{options_});
}

void Session::on_message(UnknownMessage& message, base::Now now) {
  note("ignored the control message " + message.command, now);
}

}  // namespace sallyport::openvpn
