#include "crypto/peer_identity.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "test.h"

namespace sallyport::crypto {
namespace {

CertificateFacts server_facts() {
  CertificateFacts facts;
  facts.subject = "C=FR, O=Sallyport tests, CN=vpn.example.net";
  facts.common_name = "vpn.example.net";
  facts.key_usage = 0x00a0;
  facts.extended_key_usages = {"1.3.6.1.5.5.7.3.1", "TLS Web Server Authentication"};
  facts.fingerprint.fill(0xab);
  return facts;
}

// An unsigned certificate with this entry in its subject.
std::unique_ptr<X509, decltype(&X509_free)> certificate_of(const char* field, int type,
                                                           std::string_view value) {
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), field, type,
                             reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
  // The digest is over the encoding, which wants a key and an algorithm.
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  return certificate;
}

TEST_SUITE("crypto/peer_identity") {
  TEST_CASE("R5: a name with a NUL in it is no name, in whatever encoding") {
    using namespace std::string_view_literals;
    EXPECT(facts_of(certificate_of("CN", V_ASN1_UTF8STRING, "a.example").get()).common_name ==
           "a.example");
    const auto nul = "a.example\0.evil.example"sv;
    EXPECT(facts_of(certificate_of("CN", V_ASN1_UTF8STRING, nul).get()).common_name.empty());
    EXPECT(facts_of(certificate_of("CN", V_ASN1_PRINTABLESTRING, nul).get()).common_name.empty());
    const auto wide = "\0a\0\0\0b"sv;
    EXPECT(facts_of(certificate_of("CN", V_ASN1_BMPSTRING, wide).get()).common_name.empty());
  }

  TEST_CASE("R5: a name is taken from the common name and from no other field") {
    for (const char* field : {"O", "OU", "serialNumber", "SN", "GN", "description", "UID", "name"})
      EXPECT(facts_of(certificate_of(field, V_ASN1_UTF8STRING, "a.example").get())
                 .common_name.empty());
  }

  TEST_CASE("without any check everyone is accepted, and it says that it cannot tell peers apart") {
    EXPECT_FALSE(PeerIdentity{}.objection(server_facts()).has_value());
    EXPECT_FALSE(PeerIdentity{}.tells_peers_apart());
  }

  TEST_CASE("remote-cert-tls needs a key usage and the extended usage of the purpose") {
    PeerIdentity wanted;
    wanted.purpose = CertificatePurpose::kServer;
    EXPECT(wanted.tells_peers_apart());
    EXPECT_FALSE(wanted.objection(server_facts()).has_value());
    auto facts = server_facts();
    facts.key_usage.reset();
    EXPECT(wanted.objection(facts).has_value());
    facts = server_facts();
    facts.extended_key_usages = {"1.3.6.1.5.5.7.3.2"};
    EXPECT(wanted.objection(facts).has_value());
  }

  TEST_CASE("remote-cert-ku accepts any one of its values, each with all its bits") {
    PeerIdentity wanted;
    wanted.key_usages = {0x0088, 0x00a0};
    EXPECT_FALSE(wanted.objection(server_facts()).has_value());
    wanted.key_usages = {0x0088};
    EXPECT(wanted.objection(server_facts()).has_value());
    EXPECT_FALSE(wanted.tells_peers_apart());
  }

  TEST_CASE("remote-cert-eku takes the name or the number") {
    PeerIdentity wanted;
    for (const char* name : {"TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"}) {
      wanted.extended_key_usage = name;
      EXPECT_FALSE(wanted.objection(server_facts()).has_value());
      EXPECT(wanted.tells_peers_apart());
    }
    wanted.extended_key_usage = "1.3.6.1.5.5.7.3.9";
    EXPECT(wanted.objection(server_facts()).has_value());
    EXPECT_FALSE(wanted.tells_peers_apart());
  }

  TEST_CASE("verify-x509-name compares literally: no wildcard, no case folding, no substring") {
    struct Row {
      NameCheck check;
      const char* name;
      bool accepted;
    };
    for (const Row& row :
         {Row{NameCheck::kSubject, "C=FR, O=Sallyport tests, CN=vpn.example.net", true},
          Row{NameCheck::kSubject, "CN=vpn.example.net", false},
          Row{NameCheck::kCommonName, "vpn.example.net", true},
          Row{NameCheck::kCommonName, "VPN.example.net", false},
          Row{NameCheck::kCommonName, "*.example.net", false},
          Row{NameCheck::kCommonName, "vpn.example", false},
          Row{NameCheck::kCommonNamePrefix, "vpn.", true},
          Row{NameCheck::kCommonNamePrefix, "example", false}}) {
      CAPTURE(row.name);
      PeerIdentity wanted;
      wanted.name_check = row.check;
      wanted.name = row.name;
      EXPECT(wanted.tells_peers_apart());
      EXPECT(wanted.objection(server_facts()).has_value() != row.accepted);
    }
  }

  TEST_CASE("peer-fingerprint accepts only the listed leaves") {
    PeerIdentity wanted;
    wanted.fingerprints.push_back(server_facts().fingerprint);
    EXPECT_FALSE(wanted.objection(server_facts()).has_value());
    wanted.fingerprints[0][31] ^= 1;
    EXPECT(wanted.objection(server_facts()).has_value());
  }

  TEST_CASE("ns-cert-type falls back to the modern mark") {
    PeerIdentity wanted;
    wanted.netscape_purpose = CertificatePurpose::kServer;
    EXPECT_FALSE(wanted.objection(server_facts()).has_value());
    CertificateFacts old;
    old.netscape_server = true;
    EXPECT_FALSE(wanted.objection(old).has_value());
    EXPECT(wanted.objection(CertificateFacts{}).has_value());
  }

  TEST_CASE("fingerprints are 32 bytes, with or without colons") {
    std::string text =
        "B7:67:4D:87:7B:17:15:56:B0:AB:C8:6B:9E:0F:53:53:5F:0C:56:CF:33:E2:73:F7:40:48:72:72:B1:5A:"
        "6E:DF";
    const auto fingerprint = parse_fingerprint(text);
    REQUIRE(fingerprint.has_value());
    EXPECT((*fingerprint)[0] == 0xb7);
    EXPECT((*fingerprint)[31] == 0xdf);
    std::erase(text, ':');
    EXPECT(parse_fingerprint(text) == fingerprint);
    EXPECT_FALSE(parse_fingerprint(text.substr(2)).has_value());
    EXPECT_FALSE(parse_fingerprint(text + "00").has_value());
    EXPECT_FALSE(parse_fingerprint("B76:7" + text).has_value());
  }
}

}  // namespace
}  // namespace sallyport::crypto
