#include "crypto/peer_identity.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "base/hex.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

constexpr std::string_view kServerAuthOid = "1.3.6.1.5.5.7.3.1";
constexpr std::string_view kClientAuthOid = "1.3.6.1.5.5.7.3.2";

std::string subject_line(const X509* certificate) {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(
      bio.get(), X509_get_subject_name(certificate), 0,
      XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_ESC_CTRL);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

// The last CN counts, as in OpenVPN: certificates with two exist, and X.500 orders from general to
// specific.
std::string last_common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  int found = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, next)) >= 0;)
    found = next;
  if (found < 0) return {};
  unsigned char* utf8 = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, found)));
  if (length < 0) return {};
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  if (name.find('\0') != std::string::npos) return {};
  return name;
}

std::vector<std::string> extended_key_usages_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<EXTENDED_KEY_USAGE, Deleter<EXTENDED_KEY_USAGE_free>> usages(
      static_cast<EXTENDED_KEY_USAGE*>(
          X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    for (const int dotted : {1, 0}) {
      char text[128];
      const int length =
          OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(usages.get(), i), dotted);
      if (length > 0 && length < static_cast<int>(sizeof text)) names.emplace_back(text);
    }
  }
  return names;
}

bool has_usage(const CertificateFacts& facts, std::string_view usage) {
  return std::ranges::find(facts.extended_key_usages, usage) != facts.extended_key_usages.end();
}

bool has_purpose(const CertificateFacts& facts, CertificatePurpose purpose) {
  return has_usage(facts, purpose == CertificatePurpose::kServer ? kServerAuthOid : kClientAuthOid);
}

std::string_view describe(CertificatePurpose purpose) {
  return purpose == CertificatePurpose::kServer ? "server" : "client";
}

}  // namespace

CertificateFacts facts_of(const x509_st* certificate) {
  CertificateFacts facts;
  facts.subject = subject_line(certificate);
  facts.common_name = last_common_name(certificate);
  facts.extended_key_usages = extended_key_usages_of(certificate);
  auto* const mutable_certificate =
      const_cast<X509*>(certificate);  // OpenSSL caches the parsed extensions
  if (const std::uint32_t usage = X509_get_key_usage(mutable_certificate); usage != UINT32_MAX) {
    facts.key_usage = static_cast<std::uint16_t>(usage);
  }
  const std::unique_ptr<ASN1_BIT_STRING, Deleter<ASN1_BIT_STRING_free>> netscape(
      static_cast<ASN1_BIT_STRING*>(
          X509_get_ext_d2i(certificate, NID_netscape_cert_type, nullptr, nullptr)));
  if (netscape != nullptr && ASN1_STRING_length(netscape.get()) > 0) {
    const unsigned char bits = ASN1_STRING_get0_data(netscape.get())[0];
    facts.netscape_server = (bits & NS_SSL_SERVER) != 0;
    facts.netscape_client = (bits & NS_SSL_CLIENT) != 0;
  }
  unsigned length = 0;
  CHECK(X509_digest(certificate, EVP_sha256(), facts.fingerprint.data(), &length) == 1);
  return facts;
}

bool PeerIdentity::tells_peers_apart() const {
  const auto is_server = [](const std::optional<CertificatePurpose>& wanted) {
    return wanted == CertificatePurpose::kServer;
  };
  const bool server_eku = extended_key_usage == kServerAuthOid ||
                          extended_key_usage == "serverAuth" ||
                          extended_key_usage == "TLS Web Server Authentication";
  return name_check != NameCheck::kNone || is_server(purpose) || is_server(netscape_purpose) ||
         server_eku || !fingerprints.empty();
}

std::optional<std::string> PeerIdentity::objection(const CertificateFacts& facts) const {
  if (!fingerprints.empty() &&
      std::ranges::find(fingerprints, facts.fingerprint) == fingerprints.end()) {
    return "its fingerprint " + base::hex_encode(facts.fingerprint) + " is not in peer-fingerprint";
  }
  if (purpose && (!facts.key_usage || !has_purpose(facts, *purpose))) {
    return "it is not marked for use as a " + std::string(describe(*purpose)) +
           " (remote-cert-tls)";
  }
  if (!key_usages.empty() && !std::ranges::any_of(key_usages, [&](std::uint16_t wanted) {
        return (facts.key_usage.value_or(0) & wanted) == wanted;
      })) {
    return "its key usage is none of those that remote-cert-ku allows";
  }
  if (!extended_key_usage.empty() && !has_usage(facts, extended_key_usage)) {
    return "it lacks the extended key usage '" + extended_key_usage + "' (remote-cert-eku)";
  }
  if (netscape_purpose) {
    const bool marked = *netscape_purpose == CertificatePurpose::kServer ? facts.netscape_server
                                                                         : facts.netscape_client;
    if (!marked && !has_purpose(facts, *netscape_purpose)) {
      return "it is not marked for use as a " + std::string(describe(*netscape_purpose)) +
             " (ns-cert-type)";
    }
  }
  switch (name_check) {
    case NameCheck::kNone:
      return std::nullopt;
    case NameCheck::kSubject:
      if (facts.subject == name) return std::nullopt;
      return "its subject is '" + facts.subject + "', not '" + name + "' (verify-x509-name)";
    case NameCheck::kCommonName:
      if (facts.common_name == name) return std::nullopt;
      return "its name is '" + facts.common_name + "', not '" + name + "' (verify-x509-name)";
    case NameCheck::kCommonNamePrefix:
      if (facts.common_name.starts_with(name)) return std::nullopt;
      return "its name '" + facts.common_name + "' does not start with '" + name +
             "' (verify-x509-name)";
  }
  CHECK(false);
}

std::optional<std::string> PeerIdentity::objection_to_issuer(const x509_st* issuer) const {
  if (issuer_fingerprints.empty()) return std::nullopt;
  if (issuer == nullptr) return "no other certificate has signed it (verify-hash)";
  for (const EVP_MD* const digest : {EVP_sha256(), EVP_sha1()}) {
    std::vector<std::uint8_t> hash(static_cast<std::size_t>(EVP_MD_get_size(digest)));
    unsigned length = 0;
    // A machine may lack SHA-1.
    if (X509_digest(issuer, digest, hash.data(), &length) != 1) continue;
    if (std::ranges::find(issuer_fingerprints, hash) != issuer_fingerprints.end())
      return std::nullopt;
  }
  return "the authority that signed it is not the one of verify-hash";
}

std::optional<std::vector<std::uint8_t>> parse_hash(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && digits.size() % 2 == 0 && i % 3 == 2) continue;
    digits += text[i];
  }
  auto bytes = base::hex_decode(digits);
  if (!bytes || (bytes->size() != kSha1Size && bytes->size() != kSha256Size)) return std::nullopt;
  return bytes;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  const auto bytes = parse_hash(text);
  if (!bytes || bytes->size() != std::tuple_size_v<Fingerprint>) return std::nullopt;
  Fingerprint fingerprint;
  std::ranges::copy(*bytes, fingerprint.begin());
  return fingerprint;
}

}  // namespace sallyport::crypto
