// tls-crypt-v2, verify-client-cert, auth-user-file, client-config-dir and their kin: who may come
// in.
#include <array>

#include "base/hex.h"
#include "base/parse_number.h"
#include "base/take_line.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kYear = 31'536'000;

// tls-crypt-v2 FILE [force-cookie | allow-noncookie]
Ruling set_tls_crypt_v2(Directive& directive, ServerDraft& draft) {
  const std::string_view cookie = directive.words.word_or(2, "allow-noncookie");
  if (cookie != "force-cookie" && cookie != "allow-noncookie")
    return refused(quoted(cookie) + " is neither force-cookie nor allow-noncookie");
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  auto key = TlsCryptV2ServerKey::parse(content->reveal_text());
  if (!key) return refused(key.error());
  draft.config.wraps.tls_crypt_v2 = std::move(*key);
  draft.config.door.force_cookie = cookie == "force-cookie";
  return honoured();
}

Ruling set_max_age(Directive& directive, ServerDraft& draft) {
  const auto days = base::parse_number<std::uint32_t>(directive.words[1], 1, 36'500);
  if (!days) return refused(quoted(directive.words[1]) + " is no number of days");
  draft.config.key_policy.max_age = std::chrono::days(*days);
  return honoured();
}

// A text of metadata on each line.
Ruling read_metadata(Directive& directive, ServerDraft& draft,
                     std::set<std::string, std::less<>>& texts) {
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  for (std::string_view rest = content->reveal_text(); !rest.empty();) {
    const std::string_view line = base::take_line(rest);
    if (!line.empty() && !line.starts_with('#')) texts.emplace(line);
  }
  return honoured();
}

Ruling set_allow(Directive& directive, ServerDraft& draft) {
  Ruling ruling = read_metadata(directive, draft, draft.config.key_policy.allowed);
  if (ruling.verdict == Verdict::kHonoured && draft.config.key_policy.allowed.empty())
    return refused("the list is empty, and nobody could come in");
  return ruling;
}

Ruling set_deny(Directive& directive, ServerDraft& draft) {
  return read_metadata(directive, draft, draft.config.key_policy.denied);
}

// Fingerprints as `sallyport genkey tls-crypt-v2-inspect` prints them, one on each line.
Ruling set_revoked(Directive& directive, ServerDraft& draft) {
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  for (std::string_view rest = content->reveal_text(); !rest.empty();) {
    const auto words = ConfigWords::split(base::take_line(rest));
    if (words && words->empty()) continue;
    const auto bytes = words ? base::hex_decode(words->name()) : std::nullopt;
    KeyFingerprint fingerprint{};
    if (!bytes || bytes->size() != fingerprint.size())
      return refused("a line of it is no fingerprint of a key");
    base::copy_bytes(*bytes, fingerprint);
    draft.config.key_policy.revoked.insert(fingerprint);
  }
  return honoured();
}

Ruling set_connect_freq_initial(Directive& directive, ServerDraft& draft) {
  const auto count = base::parse_number<std::uint32_t>(directive.words[1], 1);
  const auto period = base::parse_number<std::uint32_t>(directive.words[2], 1, 3600);
  if (!count || !period) return refused("it takes a number and seconds");
  draft.config.door.resets = *count;
  draft.config.door.resets_period = seconds(*period);
  return honoured();
}

Ruling set_verify_client_cert(Directive& directive, ServerDraft& draft) {
  const std::string_view text = directive.words.word_or(1, "require");
  if (text == "none") {
    draft.config.certificates = ClientCertificates::kNone;
  } else if (text == "optional") {
    draft.config.certificates = ClientCertificates::kOptional;
  } else if (text == "require") {
    draft.config.certificates = ClientCertificates::kRequired;
  } else {
    return refused(quoted(text) + " is none of none, optional and require");
  }
  return honoured();
}

Ruling set_client_cert_not_required(Directive&, ServerDraft& draft) {
  draft.config.certificates = ClientCertificates::kNone;
  return honoured();
}

Ruling require_client(const Directive& directive,
                      std::optional<crypto::CertificatePurpose>& purpose) {
  if (directive.words[1] != "client")
    return refused("the others are to be clients: write 'client'");
  purpose = crypto::CertificatePurpose::kClient;
  return honoured();
}

Ruling set_remote_cert_tls(Directive& directive, ServerDraft& draft) {
  return require_client(directive, draft.shared.profile.tls.peer.purpose);
}

Ruling set_ns_cert_type(Directive& directive, ServerDraft& draft) {
  return require_client(directive, draft.shared.profile.tls.peer.netscape_purpose);
}

Ruling check_name_field(Directive& directive, ServerDraft&) {
  if (directive.words.arguments() == 1 && directive.words[1] == "CN") return honoured();
  return refused(
      "a client's name is its certificate's common name: delete the line if those are"
      " told apart by it, or make certificates that are");
}

// askpass FILE, or a block: the first line is the passphrase of the private key.
Ruling set_askpass(Directive& directive, ServerDraft& draft) {
  const std::string_view file = directive.words.word_or(1, "stdin");
  if (!directive.block && file == "stdin")
    return refused("a server asks nobody: write a file behind it that has the passphrase");
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  std::string_view text = content->reveal_text();
  draft.shared.passphrase = base::SecretBytes(base::take_line(text));
  return draft.shared.passphrase.empty() ? refused("there is no passphrase in it") : honoured();
}

Ruling set_user_file(Directive& directive, ServerDraft& draft) {
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  auto users = UserList::parse(content->reveal_text());
  if (!users) return refused(users.error());
  draft.config.login.users = std::move(*users);
  return honoured();
}

Ruling set_login_optional(Directive&, ServerDraft& draft) {
  draft.config.login.optional = true;
  return honoured();
}

Ruling set_name_from_user(Directive&, ServerDraft& draft) {
  draft.config.login.name_from_user = true;
  return honoured();
}

// auth-gen-token [LIFETIME [RENEWAL]] [external-auth]
Ruling set_gen_token(Directive& directive, ServerDraft& draft) {
  constexpr std::string_view kExternal = "external-auth";
  for (std::size_t i = 1; i < directive.words.size(); ++i) {
    if (directive.words[i] == kExternal)
      return refused(
          "external-auth leaves tokens to a program, and none is ever run: delete the"
          " word, and tokens are checked here");
  }
  if (directive.words.size() > 3) return refused("it takes a lifetime and a renewal time only");
  AuthTokenOptions options;
  const auto lifetime =
      base::parse_number<std::uint32_t>(directive.words.word_or(1, "0"), 0, kYear);
  if (!lifetime) return refused(quoted(directive.words[1]) + " is no number of seconds");
  options.lifetime = seconds(*lifetime);
  options.renewal = base::Duration::zero();  // reneg-sec, which may follow
  if (directive.words.size() > 2) {
    const auto renewal = base::parse_number<std::uint32_t>(directive.words[2], 1, kYear);
    if (!renewal) return refused(quoted(directive.words[2]) + " is no number of seconds");
    options.renewal = seconds(*renewal);
  }
  draft.config.login.token = options;
  return honoured();
}

Ruling set_token_secret(Directive& directive, ServerDraft& draft) {
  const auto content = content_of(directive, draft.shared);
  if (!content) return refused(content.error());
  auto key = AuthTokenKey::parse(content->reveal_text());
  if (!key) return refused(key.error());
  draft.config.login.token_key = std::move(*key);
  return honoured();
}

Ruling set_client_folder(Directive& directive, ServerDraft& draft) {
  draft.client_folder = directive.words[1];
  return honoured();
}

Ruling set_user(Directive& directive, ServerDraft& draft) {
  draft.config.user = directive.words[1];
  return honoured();
}

Ruling set_only_listed(Directive&, ServerDraft& draft) {
  draft.config.only_listed_clients = true;
  return honoured();
}

Ruling set_duplicate_cn(Directive&, ServerDraft& draft) {
  draft.config.duplicate_names = true;
  return honoured();
}

Ruling set_client_to_client(Directive&, ServerDraft& draft) {
  draft.config.client_to_client = true;
  return honoured();
}

Ruling set_max_clients(Directive& directive, ServerDraft& draft) {
  const auto count = base::parse_number<std::uint32_t>(directive.words[1], 1, 1'000'000);
  if (!count) return refused(quoted(directive.words[1]) + " is not a number from 1 to 1000000");
  draft.config.max_clients = *count;
  return honoured();
}

Ruling set_exit_notify(Directive& directive, ServerDraft& draft) {
  const std::string_view text = directive.words.word_or(1, "1");
  if (text != "0" && text != "1" && text != "2")
    return refused(quoted(text) + " is none of 0, 1 and 2");
  draft.config.exit_to_next = text == "2";
  return honoured(text == "0" ? "clients are told all the same" : "");
}

constexpr std::array kRows = {
    ServerOptionRow{"tls-crypt-v2", set_tls_crypt_v2, {1, 2}, kBlock},
    ServerOptionRow{"tls-crypt-v2-max-age", set_max_age, {1, 1}},
    ServerOptionRow{"tls-crypt-v2-allow", set_allow, {1, 1}, kBlock},
    ServerOptionRow{"tls-crypt-v2-deny", set_deny, {1, 1}, kBlock},
    ServerOptionRow{"tls-crypt-v2-revoked", set_revoked, {1, 1}, kBlock},
    ServerOptionRow{"connect-freq-initial", set_connect_freq_initial, {2, 2}},
    ServerOptionRow{"verify-client-cert", set_verify_client_cert, {0, 1}},
    ServerOptionRow{"client-cert-not-required", set_client_cert_not_required, {0, 0}},
    ServerOptionRow{"remote-cert-tls", set_remote_cert_tls, {1, 1}},
    ServerOptionRow{"askpass", set_askpass, {0, 1}, kBlock},
    ServerOptionRow{"ns-cert-type", set_ns_cert_type, {1, 1}},
    ServerOptionRow{"x509-username-field", check_name_field, {1, kMany}},
    ServerOptionRow{"auth-user-file", set_user_file, {1, 1}, kBlock},
    ServerOptionRow{"auth-user-pass-optional", set_login_optional, {0, 0}},
    ServerOptionRow{"username-as-common-name", set_name_from_user, {0, 0}},
    ServerOptionRow{"auth-gen-token", set_gen_token, {0, kMany}},
    ServerOptionRow{"auth-gen-token-secret", set_token_secret, {1, 1}, kBlock},
    ServerOptionRow{"client-config-dir", set_client_folder, {1, 1}},
    ServerOptionRow{"user", set_user, {1, 1}},
    ServerOptionRow{"ccd-exclusive", set_only_listed, {0, 0}},
    ServerOptionRow{"duplicate-cn", set_duplicate_cn, {0, 0}},
    ServerOptionRow{"client-to-client", set_client_to_client, {0, 0}},
    ServerOptionRow{"max-clients", set_max_clients, {1, 1}},
    ServerOptionRow{"explicit-exit-notify", set_exit_notify, {0, 1}},
};

}  // namespace

std::span<const ServerOptionRow> server_access_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
