// One text message of the control channel, from the server, as a value (docs/protocol.md, "Control
// messages"). What a message leads to is the session's affair; none of them ends the process.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"
#include "base/time.h"

namespace sallyport::openvpn {

// Every std::string in these values is fit for a log, in UTF-8 (see legible()): of at most so many
// bytes of the message, or kMaxUrl where it is a URL, which is printable ASCII.
inline constexpr std::size_t kMaxMessageText = 256;
inline constexpr std::size_t kMaxUrl = 2048;  // single-sign-on addresses are long

// PUSH_REPLY: the whole message, for PushAssembler.
struct PushReplyMessage {
  base::SecretBytes text;
};

// PUSH_UPDATE: the whole message, for PushAssembler.
struct PushUpdateMessage {
  base::SecretBytes text;
};

// AUTH_FAILED, for good: the credentials, or the token, were not accepted.
struct AuthFailed {
  std::string reason;
};

// AUTH_FAILED,SESSION: the token has expired; log in with the password.
struct SessionExpired {
  std::string reason;
};

enum class Advance {
  kUnsaid,
  kSameAddress,  // advance no
  kNextAddress,  // advance addr: another address of the same remote
  kNextRemote,   // advance remote
};

// AUTH_FAILED,TEMP: try again.
struct TemporarilyRefused {
  std::optional<base::Duration> back_off;  // at most kMaxBackOff
  Advance advance = Advance::kUnsaid;
  std::string reason;
};
inline constexpr base::Duration kMaxBackOff = std::chrono::hours(1);

// AUTH_FAILED,CRV1: log in again, with the answer to a question.
struct DynamicChallenge {
  bool response_required = false;  // flag R
  bool echo = false;               // flag E: the answer may be shown while it is typed
  base::SecretBytes state_id;      // goes back as it is
  base::SecretBytes username;
  std::string question;
};

// AUTH_PENDING: the server waits for a second factor; go on waiting for PUSH_REPLY.
struct AuthPending {
  std::optional<base::Duration> timeout;  // at most a day
};

// What RESTART and HALT say besides.
struct ServerFarewell {
  bool keep_token = false;   // flag P
  bool next_remote = false;  // flag N
  std::string reason;
};
// RESTART: connect again.
struct RestartMessage : ServerFarewell {};
// HALT: the server does not want this client any more; stay blocked until the user acts.
struct HaltMessage : ServerFarewell {};

// INFO and INFO_PRE.
enum class InfoKind {
  kOpenUrl,  // `text` is a URL to be shown, never opened
  kWebAuth,  // the same
  kChallengeText,
  kOther,
};
struct InfoMessage {
  bool before_push = false;  // INFO_PRE
  InfoKind kind = InfoKind::kOther;
  std::string flags{};
  std::string text{};
};

// EXIT: the server leaves.
struct ExitMessage {};

// Anything else: to be counted and ignored.
struct UnknownMessage {
  std::string command;  // what stands before its first comma
};

using ControlMessage =
    std::variant<PushReplyMessage, PushUpdateMessage, AuthFailed, SessionExpired,
                 TemporarilyRefused, DynamicChallenge, AuthPending, RestartMessage, HaltMessage,
                 InfoMessage, ExitMessage, UnknownMessage>;

enum class ControlMessageError {
  kEmpty,
  kNotPrintable,  // pushed options that are no text: controls, or no UTF-8 (CVE-2024-5594)
};

// `message` is without its NUL. Line ends at its end are tolerated. What a message says to a person
// does not decide what it is: where that cannot be shown as it is, it is escaped.
std::expected<ControlMessage, ControlMessageError> parse_control_message(std::string_view message);

}  // namespace sallyport::openvpn
