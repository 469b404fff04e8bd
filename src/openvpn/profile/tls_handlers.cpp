// tls-version-min, tls-version-max, tls-cipher, tls-ciphersuites, tls-groups, ecdh-curve,
// tls-cert-profile. The floor is TLS 1.2, whatever a profile says (docs/protocol.md, "Profiles").
#include <algorithm>
#include <array>
#include <cctype>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

Ruling set_version_min(Directive& directive, ProfileDraft& draft) {
  const std::string_view version = directive.words[1];
  const bool or_highest = directive.words.word_or(2, "") == "or-highest";
  if (directive.words.size() > 2 && !or_highest)
    return refused(quoted(directive.words[2]) + " is not 'or-highest'");
  draft.profile.asks_for_old_tls = version == "1.0" || version == "1.1";
  if (draft.profile.asks_for_old_tls)
    return ignored(
        "TLS 1.2 is the least that is ever used: a server that knows only 1.0 or 1.1 does not"
        " answer");
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

// Lists of names and of OpenSSL's + - ! words.
bool is_list(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view(":-_+!.?").contains(static_cast<char>(c));
  });
}

Ruling no_list(std::string_view text) {
  return refused(quoted(text) + " is not a list of names with ':' between them");
}

Ruling set_list(Directive& directive, std::string& list) {
  if (!is_list(directive.words[1])) return no_list(directive.words[1]);
  list = directive.words[1];
  return honoured();
}

void use_certificate_profile(crypto::CertificateProfile profile, std::string_view option,
                             ProfileDraft& draft) {
  draft.profile.tls.profile = profile;
  if (profile == crypto::CertificateProfile::kInsecure) {
    draft.warnings.push_back(
        {std::string(option),
         "certificates with broken signatures (MD5, SHA-1) are accepted; new ones are needed"});
  }
}

// OpenSSL's levels 0 to 3 are tls-cert-profile's insecure, legacy, preferred and suiteb. As in
// OpenVPN (2.6.14, tried) the level of tls-cipher counts, whatever tls-cert-profile says.
Ruling set_security_level(std::string_view level, ProfileDraft& draft) {
  static constexpr std::array<std::string_view, 4> kNames = {"insecure", "legacy", "preferred",
                                                             "suiteb"};
  const auto number = base::parse_number<std::uint8_t>(level, 0, kNames.size() - 1);
  if (!number) return refused("@SECLEVEL is a number from 0 to 3; write one of them");
  draft.certificate_profile_by_cipher_list = true;
  use_certificate_profile(static_cast<crypto::CertificateProfile>(*number), "tls-cipher", draft);
  return honoured("@SECLEVEL=" + std::to_string(*number) + " lets certificates be as '" +
                  std::string(kNames[*number]) + "' has them");
}

// The next element of a list: OpenSSL takes ':', ',', ';' and blanks between them, and nothing
// before a command, which begins with '@'.
std::string_view take_element(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(":,; ")));
  const std::string_view element = rest.substr(0, rest.find_first_of(":,; @", 1));
  rest.remove_prefix(element.size());
  return element;
}

// The list goes to OpenSSL without its commands: a level in it would stand behind
// tls-cert-profile's back, and @STRENGTH only chooses an order.
Ruling set_tls_cipher(Directive& directive, ProfileDraft& draft) {
  static constexpr std::string_view kLevel = "@SECLEVEL=";
  const std::string_view text = directive.words[1];
  std::string_view rest = text;
  std::string list;
  Ruling ruling = honoured();
  while (!rest.empty()) {
    const std::string_view element = take_element(rest);
    if (element.starts_with(kLevel)) {
      ruling = set_security_level(element.substr(kLevel.size()), draft);
      if (ruling.verdict == Verdict::kRefused) return ruling;
    } else if (!element.empty() && element != "@STRENGTH") {
      if (!is_list(element)) return no_list(text);
      list += (list.empty() ? "" : ":") + std::string(element);
    }
  }
  if (list.empty()) return no_list(text);
  draft.profile.tls.cipher_list = std::move(list);
  return ruling;
}

Ruling set_tls_ciphersuites(Directive& directive, ProfileDraft& draft) {
  return set_list(directive, draft.profile.tls.ciphersuites);
}

Ruling set_tls_groups(Directive& directive, ProfileDraft& draft) {
  return set_list(directive, draft.profile.tls.groups);
}

Ruling set_tls_cert_profile(Directive& directive, ProfileDraft& draft) {
  static constexpr std::array kProfiles = {
      std::pair{std::string_view("insecure"), crypto::CertificateProfile::kInsecure},
      std::pair{std::string_view("legacy"), crypto::CertificateProfile::kLegacy},
      std::pair{std::string_view("preferred"), crypto::CertificateProfile::kPreferred},
      std::pair{std::string_view("suiteb"), crypto::CertificateProfile::kSuiteB},
  };
  const std::string_view name = directive.words[1];
  const auto row = std::ranges::find(kProfiles, name, [](const auto& pair) { return pair.first; });
  if (row == kProfiles.end())
    return refused(quoted(name) + " is none of insecure, legacy, preferred and suiteb");
  if (draft.certificate_profile_by_cipher_list)
    return ignored("the @SECLEVEL of tls-cipher counts, as in OpenVPN");
  use_certificate_profile(row->second, "tls-cert-profile", draft);
  return honoured();
}

constexpr std::array kRows = {
    OptionHandlerRow{"tls-cert-profile", set_tls_cert_profile},
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
