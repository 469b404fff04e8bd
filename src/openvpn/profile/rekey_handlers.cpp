// reneg-sec, reneg-bytes, reneg-pkts, hand-window, tran-window, tls-timeout: when keys are renewed,
// and how long that may take. The limits of the ciphers themselves hold besides (docs/protocol.md,
// "Data channel").
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint32_t kMaxSeconds = 31'536'000;  // a year

Ruling set_seconds(std::string_view text, std::uint32_t minimum, base::Duration& value) {
  const auto count = base::parse_number<std::uint32_t>(text, minimum, kMaxSeconds);
  if (!count) {
    return refused(quoted(text) + " is not a number of seconds from " + std::to_string(minimum) +
                   " to " + std::to_string(kMaxSeconds));
  }
  value = std::chrono::seconds(*count);
  return honoured();
}

Ruling set_count(std::string_view text, std::uint64_t& value) {
  const auto count = base::parse_number<std::uint64_t>(text);
  if (!count) return refused(quoted(text) + " is not a number");
  value = *count;
  return honoured();
}

// reneg-sec MAX [MIN]; the second is for servers, which spread their clients' rekeys.
Ruling set_reneg_sec(Directive& directive, ProfileDraft& draft) {
  if (directive.words.size() > 2) {
    base::Duration unused{};
    Ruling ruling = set_seconds(directive.words[2], 0, unused);
    if (ruling.verdict == Verdict::kRefused) return ruling;
  }
  return set_seconds(directive.words[1], 0, draft.profile.rekey.every);
}

Ruling set_reneg_bytes(Directive& directive, ProfileDraft& draft) {
  return set_count(directive.words[1], draft.profile.rekey.bytes);
}

Ruling set_reneg_pkts(Directive& directive, ProfileDraft& draft) {
  return set_count(directive.words[1], draft.profile.rekey.packets);
}

Ruling set_hand_window(Directive& directive, ProfileDraft& draft) {
  return set_seconds(directive.words[1], 1, draft.profile.rekey.hand_window);
}

Ruling set_tran_window(Directive& directive, ProfileDraft& draft) {
  return set_seconds(directive.words[1], 1, draft.profile.rekey.tran_window);
}

Ruling set_tls_timeout(Directive& directive, ProfileDraft& draft) {
  return set_seconds(directive.words[1], 1, draft.profile.rekey.tls_timeout);
}

constexpr std::array kRows = {
    OptionHandlerRow{"reneg-sec", set_reneg_sec},
    OptionHandlerRow{"reneg-bytes", set_reneg_bytes},
    OptionHandlerRow{"reneg-pkts", set_reneg_pkts},
    OptionHandlerRow{"hand-window", set_hand_window},
    OptionHandlerRow{"tran-window", set_tran_window},
    OptionHandlerRow{"tls-timeout", set_tls_timeout},
};

}  // namespace

std::span<const OptionHandlerRow> rekey_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
