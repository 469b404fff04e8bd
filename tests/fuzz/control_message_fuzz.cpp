// Any bytes as texts of the control channel.
#include "expect_text.h"
#include "openvpn/push/control_message.h"

namespace sallyport::openvpn {
namespace {

using fuzz::expect_legible;
using fuzz::expect_text;

// A backslash is shown as two, what cannot be shown as four.
constexpr std::size_t kLongestText = 4 * kMaxMessageText + 3;

void expect_sound(const PushReplyMessage& message) {
  CHECK(message.text.reveal_text().starts_with("PUSH_REPLY"));
}
void expect_sound(const PushUpdateMessage& message) {
  CHECK(message.text.reveal_text().starts_with("PUSH_UPDATE"));
}
void expect_sound(const ExitMessage&) {}
void expect_sound(const AuthFailed& message) {
  expect_legible(message.reason, kLongestText);
}
void expect_sound(const SessionExpired& message) {
  expect_legible(message.reason, kLongestText);
}
void expect_sound(const TemporarilyRefused& message) {
  CHECK(message.back_off.value_or(base::Duration{}) <= kMaxBackOff);
  expect_legible(message.reason, kLongestText);
}
void expect_sound(const DynamicChallenge& message) {
  expect_legible(message.question, kLongestText);
}
void expect_sound(const AuthPending& message) {
  CHECK(message.timeout.value_or(base::Duration{}) <= std::chrono::hours(24));
}
void expect_sound(const ServerFarewell& message) {
  expect_legible(message.reason, kLongestText);
}
void expect_sound(const InfoMessage& message) {
  expect_legible(message.flags, kLongestText);
  expect_legible(message.text, 4 * kMaxUrl + 3);
  const bool is_url = message.kind == InfoKind::kOpenUrl || message.kind == InfoKind::kWebAuth;
  CHECK(!is_url || message.text.starts_with("https://"));
}
void expect_sound(const UnknownMessage& message) {
  expect_text(message.command, kLongestText);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  using namespace sallyport::openvpn;
  // Several, each up to its NUL.
  std::string_view rest = base::text_of(base::Bytes(data, size));
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    const auto message = parse_control_message(text);
    if (message) std::visit([](const auto& value) { expect_sound(value); }, *message);
  }
  return 0;
}
