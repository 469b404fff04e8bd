#include "openvpn/profile/locked_key.h"

#include <utility>

#include "base/check.h"
#include "crypto/pkcs12.h"
#include "crypto/private_key.h"
#include "crypto/tls_openssl.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kAsks =
    "you are asked for the passphrase ('sallyport ctl answer'); write it into 'askpass FILE', or ";

std::expected<void, std::string> open_pem(const LockedKey& locked, std::string_view passphrase,
                                          crypto::TlsConfig& tls) {
  auto key = crypto::decrypt_key(locked.content.reveal_text(), passphrase);
  if (!key) return std::unexpected(key.error());
  tls.key_pem = std::move(*key);
  return {};
}

std::expected<void, std::string> open_pkcs12(const LockedKey& locked, std::string_view passphrase,
                                             crypto::TlsConfig& tls) {
  auto read = crypto::read_pkcs12(locked.content.reveal(), passphrase);
  if (!read) return std::unexpected(read.error().text);
  tls.certificate_pem = std::move(read->certificate_pem);
  tls.key_pem = std::move(read->key_pem);
  if (locked.brings_ca) tls.ca_pem = std::move(read->ca_pem);
  return {};
}

std::expected<void, std::string> open(const LockedKey& locked, std::string_view passphrase,
                                      crypto::TlsConfig& tls) {
  return locked.form == LockedKey::Form::kPem ? open_pem(locked, passphrase, tls)
                                              : open_pkcs12(locked, passphrase, tls);
}

std::string_view option_of(const LockedKey& locked) {
  return locked.form == LockedKey::Form::kPem ? "key" : "pkcs12";
}

// What takes the passphrase off for good.
std::string_view how_to_unlock(const LockedKey& locked) {
  return locked.form == LockedKey::Form::kPem
             ? "take it off with 'openssl pkey -in FILE -out plain.key'"
             : "take it off with 'openssl pkcs12 -in FILE -nodes', which prints cert, key and ca "
               "as PEM";
}

}  // namespace

std::expected<std::unique_ptr<crypto::TlsFactory>, std::string> unlock(
    Profile& profile, std::string_view passphrase) {
  CHECK(profile.locked_key.has_value());
  crypto::TlsConfig opened = profile.tls.clone();
  if (const auto done = open(*profile.locked_key, passphrase, opened); !done)
    return std::unexpected(done.error());
  if (opened.ca_pem.empty() && opened.peer.fingerprints.empty())
    return std::unexpected("there is no authority in it, so nothing tells who the server is");
  auto tls = crypto::make_tls_factory(opened.clone());
  if (!tls) return std::unexpected(tls.error());
  profile.tls = std::move(opened);
  profile.locked_key.reset();
  return std::move(*tls);
}

void settle_locked_key(ProfileDraft& draft, ProfileReport& report) {
  Profile& profile = draft.profile;
  const auto askpass = draft.line_of("askpass");
  if (!profile.locked_key) {
    if (askpass) report.amend_honoured(*askpass, ignored("the key wants no passphrase"));
    return;
  }
  const LockedKey& locked = *profile.locked_key;
  if (draft.passphrase.empty()) {
    report.amend(*draft.line_of(option_of(locked)),
                 honoured(std::string(kAsks) + std::string(how_to_unlock(locked))));
    return;
  }
  if (const auto done = open(locked, draft.passphrase.reveal_text(), profile.tls); !done) {
    report.amend(*askpass, refused(std::string(option_of(locked)) + ": " + done.error() + "; " +
                                   std::string(how_to_unlock(locked))));
  }
  profile.locked_key.reset();
}

}  // namespace sallyport::openvpn
