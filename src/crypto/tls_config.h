// What a TLS session of OpenVPN's control channel is set up with, as values.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/peer_identity.h"

namespace sallyport::crypto {

enum class TlsRole { kClient, kServer };
enum class TlsVersion { k12, k13 };

// OpenVPN's tls-cert-profile, the same as OpenSSL's security levels 0 to 3.
enum class CertificateProfile { kInsecure, kLegacy, kPreferred, kSuiteB };

struct TlsConfig {
  TlsRole role = TlsRole::kClient;
  std::string ca_pem;           // trust anchors: only these, never the system's store
  std::string certificate_pem;  // our own, may be empty; further certificates in it are sent along
  std::string extra_certs_pem;  // intermediates to send
  base::SecretBytes key_pem;    // belongs to certificate_pem
  std::string
      crl_pem;  // non-empty: every certificate of the chain is looked up, no CRL means refusal
  PeerIdentity peer;
  bool require_peer_certificate = true;
  bool request_peer_certificate = true;  // false: a server that does not even ask
  TlsVersion version_min = TlsVersion::k12;
  TlsVersion version_max = TlsVersion::k13;
  std::string cipher_list;   // tls-cipher: IANA names as OpenVPN writes them, or OpenSSL's; empty:
                             // our default
  std::string ciphersuites;  // tls-ciphersuites (1.3); empty: the library's
  std::string groups;        // tls-groups; unknown ones are left out; empty: the library's
  CertificateProfile profile = CertificateProfile::kLegacy;

  TlsConfig clone() const;
};

// OpenVPN names TLS 1.2 suites "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384"; OpenSSL
// "ECDHE-RSA-AES256-GCM-SHA384". Translates each element of a colon-separated list that has the
// first form and leaves the others as they are.
std::string openssl_cipher_list(std::string_view openvpn_list);

}  // namespace sallyport::crypto
