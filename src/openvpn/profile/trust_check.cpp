#include "openvpn/profile/trust_check.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "crypto/tls_openssl.h"
#include "openvpn/profile/pem_text.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxTlsError = 200;

// The options that the TLS library judges, as its sentences begin.
constexpr std::string_view kJudged[] = {
    "ca",         "cert",           "key",        "extra-certs",
    "pkcs12",     "crl-verify",     "tls-cipher", "tls-ciphersuites",
    "tls-groups", "tls-version-max"};

std::string_view remedy_for(std::string_view text) {
  const bool weak = text.contains("too weak") || text.contains("too small");
  return weak ? "; write 'tls-cert-profile insecure' to allow it" : "";
}

}  // namespace

void TrustCheck::check() {
  check_certificates();
  check_server_identity();
  check_login();
  check_tls();
}

void TrustCheck::refuse(std::string_view setting, std::string reason) {
  report_.blame(draft_.line_of(setting), setting, std::move(reason));
}

void TrustCheck::warn(std::string_view option, std::string text) {
  report_.warnings.push_back({std::string(option), std::move(text), {}});
}

void TrustCheck::check_certificates() {
  if (!names_trust_anchor()) {
    refuse("ca",
           "nothing says how to recognise the server: there is neither a ca nor a"
           " peer-fingerprint");
  }
  if (draft_.says("cert") && !draft_.says("key")) refuse("cert", "there is no key to go with it");
  if (draft_.says("key") && !draft_.says("cert")) refuse("key", "there is no cert to go with it");
  if (draft_.says("extra-certs") && tls_.certificate_pem.empty() && !draft_.says("cert"))
    refuse("extra-certs", "there is no cert to go with it");
  if (tls_.version_min > tls_.version_max) refuse("tls-version-max", "it is below tls-version-min");
}

bool TrustCheck::names_trust_anchor() const {
  const auto& locked = draft_.profile.locked_key;
  // One that could not be read may have it; what is wrong is said on its line.
  if (draft_.says("pkcs12") && !locked && tls_.certificate_pem.empty()) return true;
  return draft_.says("ca") || !tls_.ca_pem.empty() || !tls_.peer.fingerprints.empty() ||
         (locked && locked->brings_ca);
}

// A certificate authority vouches for every customer of the VPN, and a public one for everyone.
void TrustCheck::check_server_identity() {
  crypto::PeerIdentity& peer = tls_.peer;
  const bool names_server =
      peer.name_check != crypto::NameCheck::kNone || !peer.fingerprints.empty();
  if (!peer.tells_peers_apart()) {
    peer.purpose = crypto::CertificatePurpose::kServer;
    report_.warnings.push_back(
        {"remote-cert-tls",
         "nothing in the profile tells the server from another customer; 'remote-cert-tls"
         " server' was added",
         "remote-cert-tls server"});
  }
  const auto authority = public_authority_in(tls_.ca_pem);
  if (authority && !names_server) {
    warn("verify-x509-name",
         "anyone can have a certificate of the authority in ca (" + printable(*authority) +
             ") and pose as the server; add verify-x509-name or peer-fingerprint");
  }
}

void TrustCheck::check_login() {
  if (draft_.says("cert") || draft_.says("pkcs12") || draft_.profile.login.wanted ||
      draft_.certificate_optional)
    return;
  warn("auth-user-pass",
       "nothing tells the server who you are: there is neither cert and key nor auth-user-pass");
}

// The TLS library has the last word on keys, certificates and lists. Its sentence names the
// option.
void TrustCheck::check_tls() {
  const bool sound = std::ranges::none_of(report_.directives, [](const DirectiveReport& line) {
    return line.ruling.verdict == Verdict::kRefused &&
           std::ranges::find(kJudged, line.option) != std::end(kJudged);
  });
  // What goes with a key that is not open yet is judged when it is.
  crypto::TlsConfig judged = tls_.clone();
  if (draft_.profile.locked_key) {
    judged.certificate_pem.clear();
    judged.extra_certs_pem.clear();
  }
  const bool complete =
      judged.certificate_pem.empty() == judged.key_pem.empty() && names_trust_anchor();
  if (!sound || !complete) return;
  const auto factory = crypto::make_tls_factory(std::move(judged));
  if (factory) return;
  const std::string& text = factory.error();
  const std::size_t colon = text.find(": ");
  const auto option = std::ranges::find(kJudged, std::string_view(text).substr(0, colon));
  if (option == std::end(kJudged)) {
    refuse("", printable(text, kMaxTlsError));
  } else {
    refuse(*option, printable(std::string_view(text).substr(colon + 2), kMaxTlsError) +
                        std::string(remedy_for(text)));
  }
}

}  // namespace sallyport::openvpn
