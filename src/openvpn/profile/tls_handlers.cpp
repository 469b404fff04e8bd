// tls-version-min, tls-version-max, tls-cipher, tls-ciphersuites, tls-groups, ecdh-curve. The floor
// is TLS 1.2, whatever a profile says (docs/protocol.md, "Profiles").
#include <algorithm>
#include <array>
#include <cctype>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

Ruling set_version_min(Directive& directive, ProfileDraft& draft) {
  const std::string_view version = directive.words[1];
  const bool or_highest = directive.words.word_or(2, "") == "or-highest";
  if (directive.words.size() > 2 && !or_highest)
    return refused(quoted(directive.words[2]) + " is not 'or-highest'");
  if (version == "1.0" || version == "1.1")
    return ignored("TLS 1.2 is the least that is ever used");
  if (version == "1.2") {
    draft.profile.tls.version_min = crypto::TlsVersion::k12;
  } else if (version == "1.3" || or_highest) {
    draft.profile.tls.version_min = crypto::TlsVersion::k13;
  } else {
    return refused(quoted(version) + " is no version of TLS that is known here");
  }
  return honoured();
}

Ruling set_version_max(Directive& directive, ProfileDraft& draft) {
  const std::string_view version = directive.words[1];
  if (version == "1.3") {
    draft.profile.tls.version_max = crypto::TlsVersion::k13;
  } else if (version == "1.2") {
    draft.profile.tls.version_max = crypto::TlsVersion::k12;
  } else if (version == "1.0" || version == "1.1") {
    return refused("TLS below 1.2 is never used; delete the line");
  } else {
    return refused(quoted(version) + " is no version of TLS that is known here");
  }
  return honoured();
}

// Lists of names and of OpenSSL's + - ! words. An '@' command could lower the security level behind
// tls-cert-profile's back.
Ruling set_list(Directive& directive, std::string& list) {
  const std::string_view text = directive.words[1];
  const bool plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view(":-_+!.?").contains(static_cast<char>(c));
  });
  if (!plain) return refused(quoted(text) + " is not a list of names with ':' between them");
  list = text;
  return honoured();
}

Ruling set_tls_cipher(Directive& directive, ProfileDraft& draft) {
  return set_list(directive, draft.profile.tls.cipher_list);
}

Ruling set_tls_ciphersuites(Directive& directive, ProfileDraft& draft) {
  return set_list(directive, draft.profile.tls.ciphersuites);
}

Ruling set_tls_groups(Directive& directive, ProfileDraft& draft) {
  return set_list(directive, draft.profile.tls.groups);
}

constexpr std::array kRows = {
    OptionHandlerRow{"tls-version-min", set_version_min},
    OptionHandlerRow{"tls-version-max", set_version_max},
    OptionHandlerRow{"tls-cipher", set_tls_cipher},
    OptionHandlerRow{"tls-ciphersuites", set_tls_ciphersuites},
    OptionHandlerRow{"tls-groups", set_tls_groups},
    OptionHandlerRow{"ecdh-curve", set_tls_groups},
};

}  // namespace

std::span<const OptionHandlerRow> tls_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
