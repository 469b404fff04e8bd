// cipher, data-ciphers, data-ciphers-fallback, auth, replay-window: the data channel.
#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/cipher_list.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

// OpenVPN 2.6 takes up to 65536.
constexpr std::uint32_t kMaxReplayWindow = 65'536;

std::string unusable(std::string_view name) {
  return printable(name) + " is " + std::string(describe(kind_of_cipher(name)));
}

// A lone `cipher` is for servers that do not negotiate, or that know no better one: it joins the
// end of the list. One that is not safe cannot, but most servers negotiate all the same
// (docs/protocol.md, "Data channel").
Ruling set_cipher(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  const CipherKind kind = kind_of_cipher(name);
  if (kind == CipherKind::kUnknown) return refused(quoted(name) + " is no cipher");
  if (kind != CipherKind::kUsable)
    return ignored(unusable(name) + "; AES-GCM and CHACHA20-POLY1305 are negotiated instead");
  draft.lone_cipher = data_cipher_by_name(name);
  return draft.says("data-ciphers") ? honoured("with a server that does not negotiate")
                                    : honoured();
}

Ruling set_data_ciphers(Directive& directive, ProfileDraft& draft) {
  CipherList list = CipherList::parse(directive.words[1]);
  if (list.ciphers.empty()) {
    if (list.left_out.empty()) return refused("it lists nothing");
    return refused("nothing in it can be used: " + list.left_out + "; add AES-256-GCM");
  }
  draft.profile.ciphers.offered = std::move(list.ciphers);
  return honoured(list.left_out.empty() ? "" : "without " + list.left_out);
}

Ruling set_data_ciphers_fallback(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  const CipherKind kind = kind_of_cipher(name);
  if (kind == CipherKind::kUnknown) return refused(quoted(name) + " is no cipher");
  if (kind != CipherKind::kUsable)
    return ignored(unusable(name) + "; it matters only where nothing is negotiated");
  draft.profile.ciphers.fallback = data_cipher_by_name(name);
  return honoured();
}

Ruling set_auth(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  if (name == "none") {
    draft.auth_none = true;
    return ignored("AEAD ciphers need no digest, and others are not used without one");
  }
  const auto digest = crypto::Digest::by_name(name);
  if (!digest) return refused(quoted(name) + " is no digest that this system's OpenSSL has");
  draft.profile.auth_digest = *digest;
  return honoured();
}

// The window only ever grows, and has no time limit.
Ruling set_replay_window(Directive& directive, ProfileDraft& draft) {
  if (directive.words.size() == 1) return honoured("the default is larger");
  const auto packets = base::parse_number<std::uint32_t>(directive.words[1], 0, kMaxReplayWindow);
  if (!packets) {
    return refused(quoted(directive.words[1]) + " is not a number of packets from 0 to " +
                   std::to_string(kMaxReplayWindow));
  }
  if (*packets <= draft.profile.replay_window)
    return ignored("the window is " + std::to_string(draft.profile.replay_window) +
                   " packets at the least");
  draft.profile.replay_window = *packets;
  return honoured();
}

constexpr std::array kRows = {
    OptionHandlerRow{"cipher", set_cipher},
    OptionHandlerRow{"data-ciphers", set_data_ciphers},
    OptionHandlerRow{"ncp-ciphers", set_data_ciphers},
    OptionHandlerRow{"data-ciphers-fallback", set_data_ciphers_fallback},
    OptionHandlerRow{"auth", set_auth},
    OptionHandlerRow{"replay-window", set_replay_window},
};

}  // namespace

std::span<const OptionHandlerRow> cipher_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
