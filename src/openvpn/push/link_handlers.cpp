// tun-mtu, mssfix, comp-lzo, compress and its kin: the size and the framing of what the tunnel
// carries.
#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint16_t kIpv6MinimumMtu = 1280;  // RFC 8200, section 5

// Below this no TCP segment of use is left beside the headers.
constexpr std::uint16_t kMinMssfix = 256;

Ruling set_tun_mtu(const ConfigWords& words, TunnelDraft& draft) {
  const auto mtu = base::parse_number<std::uint16_t>(words[1], TunnelOptions::kMinTunMtu,
                                                     TunnelOptions::kMaxTunMtu);
  if (!mtu) {
    return refused(quoted(words[1]) + " is not a size from " +
                   std::to_string(TunnelOptions::kMinTunMtu) + " to " +
                   std::to_string(TunnelOptions::kMaxTunMtu));
  }
  draft.options.tun_mtu = *mtu;
  if (*mtu < kIpv6MinimumMtu) return honoured("too small for IPv6, which needs 1280");
  return honoured();
}

// mssfix | mssfix 0 | mssfix N [mtu|fixed] (docs/protocol.md, "Sizes")
Ruling set_mssfix(const ConfigWords& words, TunnelDraft& draft) {
  TunnelOptions& options = draft.options;
  options.mssfix.reset();
  options.mssfix_counts_outer_headers = options.mssfix_fixed = false;
  if (words.arguments() == 0) return honoured();
  const auto size = base::parse_number<std::uint16_t>(words[1]);
  if (!size || (*size != 0 && *size < kMinMssfix)) {
    return refused(quoted(words[1]) + " is neither 0 nor a size from " +
                   std::to_string(kMinMssfix) + " to 65535");
  }
  const std::string_view kind = words.word_or(2, "");
  if (words.arguments() == 2 && kind != "mtu" && kind != "fixed")
    return refused(quoted(kind) + " is neither 'mtu' nor 'fixed'");
  options.mssfix = *size;
  options.mssfix_counts_outer_headers = kind == "mtu";
  options.mssfix_fixed = kind == "fixed";
  return honoured();
}

struct CompressionRow {
  std::string_view algorithm;
  CompressionFraming framing;
  bool decompress;
};

// docs/protocol.md, "Data channel". Compressing before encrypting tells an observer about the
// plaintext (VORACLE), so we take what the peer compressed, and compress nothing.
constexpr std::array kCompressions = {
    CompressionRow{"", CompressionFraming::kStub, false},
    CompressionRow{"stub", CompressionFraming::kStub, false},
    CompressionRow{"stub-v2", CompressionFraming::kStubV2, false},
    CompressionRow{"lzo", CompressionFraming::kLzo, true},
    CompressionRow{"lz4", CompressionFraming::kStub, true},
    CompressionRow{"lz4-v2", CompressionFraming::kStubV2, true},
};

Ruling set_compression(TunnelDraft& draft, CompressionFraming framing, bool decompress) {
  draft.options.compression = framing;
  draft.options.decompress = decompress;
  if (!decompress) return honoured();
  return honoured("what comes compressed is taken; what is sent is not compressed");
}

Ruling set_compress(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view algorithm = words.word_or(1, "");
  if (algorithm == "migrate") return ignored("it is for servers");
  const auto row = std::ranges::find(kCompressions, algorithm, &CompressionRow::algorithm);
  if (row == kCompressions.end()) return refused(quoted(algorithm) + " is no kind of compression");
  return set_compression(draft, row->framing, row->decompress);
}

Ruling set_comp_lzo(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view mode = words.word_or(1, "adaptive");
  if (mode != "no" && mode != "yes" && mode != "adaptive")
    return refused(quoted(mode) + " is none of yes, no and adaptive");
  return set_compression(draft, CompressionFraming::kLzo, mode != "no");
}

// Of what may come, that is; nothing that is sent is compressed.
Ruling set_allow_compression(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view mode = words[1];
  if (mode != "no" && mode != "asym" && mode != "yes")
    return refused(quoted(mode) + " is none of no, asym and yes");
  draft.options.forbid_decompression = mode == "no";
  if (mode == "no") return honoured("what comes compressed is dropped");
  return honoured("what is sent is not compressed");
}

constexpr std::array kRows = {
    TunnelHandlerRow{"tun-mtu", set_tun_mtu},
    TunnelHandlerRow{"mssfix", set_mssfix},
    TunnelHandlerRow{"compress", set_compress},
    TunnelHandlerRow{"comp-lzo", set_comp_lzo},
    TunnelHandlerRow{"allow-compression", set_allow_compression},
};

}  // namespace

std::span<const TunnelHandlerRow> link_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
