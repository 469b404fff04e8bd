#include "openvpn/push/control_message.h"

#include <algorithm>

#include "base/parse_number.h"
#include "base/utf8.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint32_t kMaxPendingSeconds = 86'400;

std::string shown(std::string_view text) {
  return legible(text, kMaxMessageText);
}

// Takes what stands before `separator` and forgets it with the separator; all when there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return taken;
}

// "[flags]text": takes the brackets and gives what is in them; "" when there are none.
std::string_view take_brackets(std::string_view& rest) {
  if (!rest.starts_with('[') || rest.find(']') == std::string_view::npos) return {};
  rest.remove_prefix(1);
  return take_until(rest, ']');
}

// "no", "addr" and "remote"; others are from the future.
Advance parse_advance(std::string_view word) {
  if (word == "no") return Advance::kSameAddress;
  if (word == "addr") return Advance::kNextAddress;
  if (word == "remote") return Advance::kNextRemote;
  return Advance::kUnsaid;
}

// "[backoff 42,advance addr]:text", where each piece may be missing
TemporarilyRefused parse_temporary(std::string_view rest) {
  TemporarilyRefused refusal;
  for (std::string_view flags = take_brackets(rest); !flags.empty();) {
    std::string_view value = take_until(flags, ',');
    const std::string_view key = take_until(value, ' ');
    if (key == "backoff") {
      if (const auto seconds = base::parse_number<std::uint32_t>(value))
        refusal.back_off = std::min<base::Duration>(std::chrono::seconds(*seconds), kMaxBackOff);
    } else if (key == "advance") {
      refusal.advance = parse_advance(value);
    }
  }
  if (rest.starts_with(':')) rest.remove_prefix(1);
  refusal.reason = shown(rest);
  return refusal;
}

// "flags:state_id:user_b64:text"; empty when it is not that.
std::optional<DynamicChallenge> parse_challenge(std::string_view rest) {
  if (std::ranges::count(rest, ':') < 3) return std::nullopt;
  DynamicChallenge challenge;
  for (std::string_view flags = take_until(rest, ':'); !flags.empty();) {
    const std::string_view flag = take_until(flags, ',');
    challenge.response_required = challenge.response_required || flag == "R";
    challenge.echo = challenge.echo || flag == "E";
  }
  const std::string_view state_id = take_until(rest, ':');
  if (!base::is_visible_text(state_id)) return std::nullopt;
  challenge.state_id = base::SecretBytes(state_id);
  auto username = decode_base64(take_until(rest, ':'));
  if (!username) return std::nullopt;
  challenge.username = std::move(*username);
  challenge.question = shown(rest);
  return challenge;
}

ControlMessage parse_auth_failed(std::string_view rest) {
  if (rest.starts_with("SESSION:")) return SessionExpired{shown(rest.substr(8))};
  if (rest == "TEMP" || rest.starts_with("TEMP[") || rest.starts_with("TEMP:"))
    return parse_temporary(rest.substr(4));
  if (rest.starts_with("CRV1:")) {
    if (auto challenge = parse_challenge(rest.substr(5))) return std::move(*challenge);
    return AuthFailed{"the server sent a challenge that cannot be read"};
  }
  return AuthFailed{shown(rest)};
}

// "timeout 60,word,..."; other words are from the future.
AuthPending parse_auth_pending(std::string_view rest) {
  AuthPending pending;
  while (!rest.empty()) {
    std::string_view value = take_until(rest, ',');
    if (take_until(value, ' ') != "timeout") continue;
    if (const auto seconds = base::parse_number<std::uint32_t>(value))
      pending.timeout = std::chrono::seconds(std::min(*seconds, kMaxPendingSeconds));
  }
  return pending;
}

ServerFarewell parse_farewell(std::string_view rest) {
  ServerFarewell farewell;
  const std::string_view flags = take_brackets(rest);
  farewell.keep_token = flags.find('P') != std::string_view::npos;
  farewell.next_remote = flags.find('N') != std::string_view::npos;
  farewell.reason = shown(rest);
  return farewell;
}

// "OPEN_URL:url", "WEB_AUTH:flags:url", "CR_TEXT:flags:text". A URL that is not https is only text:
// it is not offered to anyone as a place to log in.
InfoMessage parse_info(std::string_view rest, bool before_push) {
  InfoMessage info{.before_push = before_push};
  const std::string_view whole = rest;
  const std::string_view kind = take_until(rest, ':');
  if (kind == "CR_TEXT" || kind == "WEB_AUTH") info.flags = shown(take_until(rest, ':'));
  const bool is_url = rest.starts_with("https://") && rest.size() <= kMaxUrl &&
                      std::ranges::all_of(rest, [](char c) { return c > 0x20 && c <= 0x7e; });
  if (kind == "CR_TEXT") {
    info.kind = InfoKind::kChallengeText;
  } else if (kind == "OPEN_URL" && is_url) {
    info.kind = InfoKind::kOpenUrl;
  } else if (kind == "WEB_AUTH" && is_url) {
    info.kind = InfoKind::kWebAuth;
  } else {
    info.flags.clear();
    rest = whole;
  }
  info.text = is_url ? printable(rest, kMaxUrl) : shown(rest);
  return info;
}

}  // namespace

std::expected<ControlMessage, ControlMessageError> parse_control_message(std::string_view message) {
  while (message.ends_with('\r') || message.ends_with('\n')) message.remove_suffix(1);
  if (message.empty()) return std::unexpected(ControlMessageError::kEmpty);
  std::string_view rest = message;
  const std::string_view command = take_until(rest, ',');
  if (command == "PUSH_REPLY" || command == "PUSH_UPDATE") {
    if (!base::is_visible_text(rest)) return std::unexpected(ControlMessageError::kNotPrintable);
    if (command == "PUSH_REPLY") return PushReplyMessage{base::SecretBytes(message)};
    return PushUpdateMessage{base::SecretBytes(message)};
  }
  if (command == "AUTH_FAILED") return parse_auth_failed(rest);
  if (command == "AUTH_PENDING") return parse_auth_pending(rest);
  if (command == "RESTART") return RestartMessage{parse_farewell(rest)};
  if (command == "HALT") return HaltMessage{parse_farewell(rest)};
  if (command == "INFO") return parse_info(rest, /*before_push=*/false);
  if (command == "INFO_PRE") return parse_info(rest, /*before_push=*/true);
  if (message == "EXIT") return ExitMessage{};
  return UnknownMessage{printable(command)};
}

}  // namespace sallyport::openvpn
