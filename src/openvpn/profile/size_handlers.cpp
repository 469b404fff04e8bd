// tun-mtu, mssfix, fragment, max-packet-size: how large packets may be, inside the tunnel and
// around it.
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

// OpenVPN 2.6: --max-packet-size
constexpr std::uint16_t kMinPacketSize = 154;
constexpr std::uint16_t kMaxPacketSize = 2048;

// What stands around a piece takes up to 112 bytes, and outer headers up to 48.
constexpr std::uint16_t kMinFragment = 256;

// A server with larger packets takes ours all the same (2.6.14 with 6,000 and 9,000, tried), and
// AppVMs' own links carry 1500 bytes.
Ruling set_tun_mtu(Directive& directive, ProfileDraft& draft) {
  const std::string_view text = directive.words[1];
  if (directive.connection ||
      !base::parse_number<std::uint16_t>(text, TunnelOptions::kMaxTunMtu + 1))
    return set_tunnel_option(directive, draft);
  draft.tunnel.options.tun_mtu = TunnelOptions{}.tun_mtu;
  const std::string usual = std::to_string(TunnelOptions{}.tun_mtu);
  draft.warnings.push_back(
      {"tun-mtu", usual + " is used instead of " + std::string(text) + ", as larger packets than " +
                      std::to_string(TunnelOptions::kMaxTunMtu) + " bytes are not carried"});
  return honoured("as " + usual + ", the usual size");
}

Mssfix mssfix_of(const TunnelOptions& tunnel) {
  return {tunnel.mssfix, tunnel.mssfix_counts_outer_headers, tunnel.mssfix_fixed};
}

// In a <connection> it is that connection's.
Ruling set_mssfix(Directive& directive, ProfileDraft& draft) {
  if (!directive.connection) return set_tunnel_option(directive, draft);
  TunnelDraft read{.source = OptionSource::kProfile};
  Ruling ruling = find_tunnel_handler("mssfix")(directive.words, read);
  if (ruling.verdict == Verdict::kHonoured)
    draft.connections.back().mssfix = mssfix_of(read.options);
  return ruling;
}

// As OpenVPN since 2.6: 'mssfix N mtu' comes with max-packet-size, in the same place, and the last
// of the two lines counts; whether it is 'fixed' is left as it is.
void set_mssfix_with_packet_size(std::uint16_t size, const Directive& directive,
                                 ProfileDraft& draft) {
  TunnelOptions& tunnel = draft.tunnel.options;
  if (!directive.connection) {
    tunnel.mssfix = size;
    tunnel.mssfix_counts_outer_headers = true;
    return;
  }
  std::optional<Mssfix>& own = draft.connections.back().mssfix;
  own = Mssfix{size, true, own ? own->fixed : tunnel.mssfix_fixed};
}

Ruling set_max_packet_size(Directive& directive, ProfileDraft& draft) {
  const auto size =
      base::parse_number<std::uint16_t>(directive.words[1], kMinPacketSize, kMaxPacketSize);
  if (!size) {
    return refused(quoted(directive.words[1]) + " is not a size from " +
                   std::to_string(kMinPacketSize) + " to " + std::to_string(kMaxPacketSize));
  }
  draft.scope_of(directive).max_packet_size = *size;
  set_mssfix_with_packet_size(*size, directive, draft);
  return honoured();
}

// fragment N [mtu]
Ruling set_fragment(Directive& directive, ProfileDraft& draft) {
  const auto size = base::parse_number<std::uint16_t>(directive.words[1], kMinFragment);
  if (!size) {
    return refused(quoted(directive.words[1]) + " is not a size from " +
                   std::to_string(kMinFragment) + " to 65535");
  }
  const std::string_view kind = directive.words.word_or(2, "mtu");
  if (kind != "mtu") return refused(quoted(kind) + " is not 'mtu'");
  draft.scope_of(directive).fragment = *size;
  draft.scope_of(directive).fragment_counts_outer_headers = directive.words.size() > 2;
  return honoured("over UDP; the server must have it too");
}

constexpr std::array kRows = {
    OptionHandlerRow{"tun-mtu", set_tun_mtu},
    OptionHandlerRow{"mssfix", set_mssfix},
    OptionHandlerRow{"max-packet-size", set_max_packet_size},
    OptionHandlerRow{"fragment", set_fragment},
};

}  // namespace

std::span<const OptionHandlerRow> size_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
