// tls-auth, tls-crypt, tls-crypt-v2, key-direction: how control packets are wrapped.
#include <array>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

std::optional<KeyDirection> parse_direction(std::string_view text) {
  if (text == "0") return KeyDirection::kNormal;
  if (text == "1") return KeyDirection::kInverse;
  return std::nullopt;
}

Ruling set_direction(std::string_view text, ConnectionDraft& scope) {
  const auto direction = parse_direction(text);
  if (!direction) return refused("the key direction is 0 or 1, not " + quoted(text));
  scope.direction = *direction;
  return honoured();
}

Ruling set_key_direction(Directive& directive, ProfileDraft& draft) {
  return set_direction(directive.words[1], draft.scope_of(directive));
}

// Parses the key that `directive` brings and makes it the wrap of its scope, which has none yet.
// `wrapped` makes the ControlWrap of it.
template <class Key, class Wrapped>
Ruling set_wrap(Directive& directive, ProfileDraft& draft, std::string_view option,
                Wrapped wrapped) {
  ConnectionDraft& scope = draft.scope_of(directive);
  if (scope.wrap) {
    return refused(std::string(scope.wrap_option) +
                   " wraps the control channel already; only one of them can");
  }
  const auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  auto key = Key::parse(content->reveal_text());
  if (!key) return refused(key.error());
  scope.wrap = draft.profile.wraps.size();
  scope.wrap_option = option;
  draft.profile.wraps.push_back(wrapped(std::move(*key)));
  return honoured();
}

// The direction and the digest are only known behind the last line.
Ruling set_tls_auth(Directive& directive, ProfileDraft& draft) {
  if (directive.words.size() > 2) {
    Ruling ruling = set_direction(directive.words[2], draft.scope_of(directive));
    if (ruling.verdict != Verdict::kHonoured) return ruling;
  }
  return set_wrap<StaticKey>(directive, draft, "tls-auth", [](StaticKey key) {
    return TlsAuthWrap{std::move(key), std::nullopt, crypto::Digest::sha1()};
  });
}

Ruling set_tls_crypt(Directive& directive, ProfileDraft& draft) {
  return set_wrap<StaticKey>(directive, draft, "tls-crypt",
                             [](StaticKey key) { return TlsCryptWrap{std::move(key)}; });
}

// A second word (force-cookie, allow-noncookie) is for servers.
Ruling set_tls_crypt_v2(Directive& directive, ProfileDraft& draft) {
  Ruling ruling = set_wrap<TlsCryptV2ClientKey>(
      directive, draft, "tls-crypt-v2",
      [](TlsCryptV2ClientKey key) { return TlsCryptV2Wrap{std::move(key)}; });
  if (ruling.verdict == Verdict::kHonoured && directive.words.size() > 2)
    ruling.reason = quoted(directive.words[2]) + " is for servers";
  return ruling;
}

constexpr std::array kRows = {
    OptionHandlerRow{"key-direction", set_key_direction},
    OptionHandlerRow{"tls-auth", set_tls_auth},
    OptionHandlerRow{"tls-crypt", set_tls_crypt},
    OptionHandlerRow{"tls-crypt-v2", set_tls_crypt_v2},
};

}  // namespace

std::span<const OptionHandlerRow> wrap_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
