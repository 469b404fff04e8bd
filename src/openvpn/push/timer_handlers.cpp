// ping, ping-restart, ping-exit, keepalive, inactive, session-timeout, explicit-exit-notify. None
// of them ever ends the process: the tunnel goes down, AppVMs stay blocked, and it connects again.
#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kDay = 86'400;                    // OpenVPN 2.7.6 refuses longer pings
constexpr std::uint32_t kYear = 31'536'000;               // longer than any session
constexpr base::Duration kMaxPushedPing = seconds(3600);  // docs/protocol.md, "Pushed options"
constexpr unsigned kMaxExitNotifications = 3;

std::optional<base::Duration> parse_seconds(std::string_view text, std::uint32_t maximum) {
  const auto number = base::parse_number<std::uint32_t>(text, 0, maximum);
  if (!number) return std::nullopt;
  return seconds(*number);
}

Ruling not_seconds(std::string_view text, std::uint32_t maximum) {
  return refused(quoted(text) + " is not a number of seconds from 0 to " + std::to_string(maximum));
}

// A server may ask for a packet an hour at the least; a user may ask for what he likes. 0 is
// "never" from both: a server that never answers pings says so, and restarting its idle tunnels
// would not help anyone.
Ruling set_ping_timer(std::string_view text, OptionSource source, base::Duration& timer) {
  const auto value = parse_seconds(text, kDay);
  if (!value) return not_seconds(text, kDay);
  if (source == OptionSource::kServer && *value > kMaxPushedPing) {
    timer = kMaxPushedPing;
    return honoured("limited to an hour");
  }
  timer = *value;
  return honoured();
}

Ruling set_ping(const ConfigWords& words, TunnelDraft& draft) {
  return set_ping_timer(words[1], draft.source, draft.options.ping);
}

Ruling set_ping_restart(const ConfigWords& words, TunnelDraft& draft) {
  return set_ping_timer(words[1], draft.source, draft.options.ping_restart);
}

Ruling set_ping_exit(const ConfigWords& words, TunnelDraft& draft) {
  Ruling ruling = set_ping_restart(words, draft);
  if (ruling.verdict == Verdict::kHonoured)
    ruling.reason = "as ping-restart: the process never ends by itself";
  return ruling;
}

Ruling set_keepalive(const ConfigWords& words, TunnelDraft& draft) {
  base::Duration ping{};
  base::Duration restart{};
  Ruling ruling = set_ping_timer(words[1], draft.source, ping);
  if (ruling.verdict != Verdict::kHonoured) return ruling;
  ruling = set_ping_timer(words[2], draft.source, restart);
  if (ruling.verdict != Verdict::kHonoured) return ruling;
  draft.options.ping = ping;
  draft.options.ping_restart = restart;
  return ruling;
}

Ruling set_inactive(const ConfigWords& words, TunnelDraft& draft) {
  const auto after = parse_seconds(words[1], kYear);
  if (!after) return not_seconds(words[1], kYear);
  const auto bytes = base::parse_number<std::uint64_t>(words.word_or(2, "0"));
  if (!bytes) return refused(quoted(words[2]) + " is not a number of bytes");
  draft.options.inactive = *after;
  draft.options.inactive_bytes = *bytes;
  return honoured();
}

Ruling set_session_timeout(const ConfigWords& words, TunnelDraft& draft) {
  const auto after = parse_seconds(words[1], kYear);
  if (!after) return not_seconds(words[1], kYear);
  draft.options.session_timeout = *after;
  return honoured();
}

Ruling set_explicit_exit_notify(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view text = words.word_or(1, "1");
  const auto count = base::parse_number<std::uint16_t>(text);
  if (!count) return refused(quoted(text) + " is not a number of notifications");
  draft.options.explicit_exit_notify = std::min<unsigned>(*count, kMaxExitNotifications);
  if (*count > kMaxExitNotifications)
    return honoured("at most " + std::to_string(kMaxExitNotifications) + " are sent");
  return honoured();
}

constexpr std::array kRows = {
    TunnelHandlerRow{"ping", set_ping},
    TunnelHandlerRow{"ping-restart", set_ping_restart},
    TunnelHandlerRow{"ping-exit", set_ping_exit},
    TunnelHandlerRow{"keepalive", set_keepalive},
    TunnelHandlerRow{"inactive", set_inactive},
    TunnelHandlerRow{"session-timeout", set_session_timeout},
    TunnelHandlerRow{"explicit-exit-notify", set_explicit_exit_notify},
};

}  // namespace

std::span<const TunnelHandlerRow> timer_handlers() {
  return kRows;
}

// Two lost pings in a row are no reason to restart (docs/protocol.md, "Pushed options").
std::optional<Settlement> settle_timers(TunnelDraft& draft) {
  TunnelOptions& options = draft.options;
  if (options.ping_restart == base::Duration::zero() || options.ping_restart >= 2 * options.ping)
    return std::nullopt;
  options.ping_restart = 2 * options.ping;
  return Settlement{"ping-restart", honoured("raised to twice the time of ping")};
}

}  // namespace sallyport::openvpn
