// Who the other end must be, beyond "its certificate chains to our CA": OpenVPN's remote-cert-*,
// verify-x509-name and peer-fingerprint, judged on the leaf certificate in every handshake (never
// on another certificate of the chain, never only once).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

struct x509_st;

namespace sallyport::crypto {

using Fingerprint = std::array<std::uint8_t, 32>;  // SHA-256 over the DER certificate

enum class NameCheck {
  kNone,
  kSubject,           // the whole subject in one line, "C=FR, O=Example, CN=vpn"
  kCommonName,        // the last CN, exactly
  kCommonNamePrefix,  // the last CN starts with the text
};

enum class CertificatePurpose { kServer, kClient };

// What the leaf certificate says about itself, read once.
struct CertificateFacts {
  std::string subject;  // RFC 2253-like one line in certificate order, control characters escaped
  std::string common_name;  // empty when there is none, or when it holds a NUL
  std::optional<std::uint16_t>
      key_usage;  // bits as in the certificate: 0x80 digitalSignature ... 0x8000
  std::vector<std::string>
      extended_key_usages;  // OIDs in dotted form, and their OpenSSL names, both
  bool netscape_server = false;
  bool netscape_client = false;
  Fingerprint fingerprint{};
};

CertificateFacts facts_of(const x509_st* certificate);

struct PeerIdentity {
  NameCheck name_check = NameCheck::kNone;
  std::string name;
  // remote-cert-tls: any key usage is present and the extended key usage names the purpose.
  std::optional<CertificatePurpose> purpose;
  // remote-cert-ku: at least one of these sets of bits is wholly present.
  std::vector<std::uint16_t> key_usages;
  // remote-cert-eku: dotted OID or OpenSSL's name.
  std::string extended_key_usage;
  // ns-cert-type: the Netscape extension, or, for certificates made after its death, the same
  // purpose as EKU.
  std::optional<CertificatePurpose> netscape_purpose;
  // verify-hash: the certificate above the leaf has one of these, SHA-1 or SHA-256 by their length.
  // Empty: not checked.
  std::vector<std::vector<std::uint8_t>> issuer_fingerprints;
  // peer-fingerprint: the leaf is one of these. Empty: not checked.
  std::vector<Fingerprint> fingerprints;

  // True when some check tells this peer from another holder of a certificate of the same CA
  // (docs/protocol.md, "TLS and who the server is").
  bool tells_peers_apart() const;

  // Empty when the certificate satisfies every check; else a sentence that names the first one it
  // fails.
  std::optional<std::string> objection(const CertificateFacts& facts) const;
  // The same for the certificate above the leaf; null when there is none.
  std::optional<std::string> objection_to_issuer(const x509_st* issuer) const;
};

inline constexpr std::size_t kSha1Size = 20;
inline constexpr std::size_t kSha256Size = 32;
// "AB:CD:..." of 20 or 32 bytes, as `verify-hash` has it.
std::optional<std::vector<std::uint8_t>> parse_hash(std::string_view text);

// "AB:CD:..." of 32 bytes, as `peer-fingerprint` lists them.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace sallyport::crypto
