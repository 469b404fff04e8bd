#include "openvpn/profile/profile_reader.h"
#include "profile_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

std::string block(std::string_view tag, std::string_view content) {
  return "<" + std::string(tag) + ">\n" + std::string(content) + "</" + std::string(tag) + ">\n";
}

// client, dev and remote only.
ReadProfile read_bare(std::string_view lines) {
  return read_text("client\ndev tun\nremote a\n" + std::string(lines));
}

constexpr std::string_view kFingerprint =
    "B7:67:4D:87:7B:17:15:56:B0:AB:C8:6B:9E:0F:53:53:5F:0C:56:CF:33:E2:73:F7:40:48:72:72:B1:5A:6E:"
    "DF";

TEST_SUITE("openvpn/profile trust") {
  TEST_CASE("files are looked for beside the profile only, by their last name") {
    for (const std::string_view path : {"ca.crt", "/etc/openvpn/x/ca.crt", "../../ca.crt",
                                        "\"C:\\\\Program Files\\\\vpn\\\\ca.crt\""}) {
      CAPTURE(path);
      EXPECT(read_bare("remote-cert-tls server\nca " + std::string(path) + "\n").report.usable());
    }
    for (const std::string_view path : {"missing.crt", "/", "..", "a/.", "\"\""}) {
      CAPTURE(path);
      EXPECT_FALSE(
          read_bare("remote-cert-tls server\nca " + std::string(path) + "\n").report.usable());
    }
    const ReadProfile read = read_bare("ca /a/missing.crt\n");
    EXPECT(ruling_at(read.report, 4).reason ==
           "put 'missing.crt' beside the profile or inline it (no such file)");
  }

  TEST_CASE("every certificate option can be a block") {
    const ReadProfile read =
        read_bare("remote-cert-tls server\n" + block("ca", read_test_data("pki/ca.crt")) +
                  block("cert", read_test_data("pki/client.crt")) +
                  block("key", read_test_data("pki/client.key")) +
                  block("extra-certs", read_test_data("pki/other-ca.crt")) +
                  block("crl-verify", read_test_data("pki/ca.crl")));
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    EXPECT_FALSE(read.profile->tls.key_pem.empty());
    EXPECT_FALSE(read.profile->tls.crl_pem.empty());
    EXPECT_FALSE(read.profile->tls.extra_certs_pem.empty());
  }

  TEST_CASE("[inline] stands for a block elsewhere in the file") {
    const std::string ca = block("ca", read_test_data("pki/ca.crt"));
    const ReadProfile read = read_bare("ca [inline]\nremote-cert-tls server\n" + ca);
    CAPTURE(ruling_at(read.report, 4).reason);
    EXPECT(read.report.usable());
    EXPECT(ruling_at(read.report, 4).reason == "line 6 has it");
    EXPECT(read_bare(ca + "remote-cert-tls server\nca [inline]\n").report.usable());
    EXPECT(ruling_at(read_bare("ca [inline]\n").report, 4).reason ==
           "there is no <ca> in the file");
  }

  TEST_CASE("only certificates are copied out of a file that has a key too") {
    const ReadProfile read = read_bare(
        "remote-cert-tls server\nca ca.crt\n" +
        block("cert", read_test_data("pki/client.key") + read_test_data("pki/client.crt")) +
        "key client.key\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->tls.certificate_pem.starts_with("-----BEGIN CERTIFICATE"));
    EXPECT_FALSE(read.profile->tls.certificate_pem.contains("PRIVATE"));
  }

  TEST_CASE("the TLS library's objection lands on the line it is about") {
    const ReadProfile mismatch = read_with("cert client.crt\nkey plain.key\n");
    EXPECT(ruling_at(mismatch.report, 8).reason == "does not belong to the certificate in cert");
    const ReadProfile garbage =
        read_bare("remote-cert-tls server\n" +
                  block("ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    EXPECT(ruling_at(garbage.report, 5).reason == "no readable PEM certificate in it");
    const ReadProfile broken =
        read_with("cert client.crt\n" + block("key",
                                              "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                                              "-----END ENCRYPTED PRIVATE KEY-----\n"));
    EXPECT(ruling_at(broken.report, 8).reason == "no readable PEM private key in it");
    EXPECT(ruling_at(read_with("tls-cipher NOT-A-CIPHER").report, 7).verdict == Verdict::kRefused);
    EXPECT(ruling_at(read_with("tls-ciphersuites NOPE").report, 7).verdict == Verdict::kRefused);
    EXPECT(ruling_at(read_with("ecdh-curve nope").report, 7).verdict == Verdict::kRefused);
  }

  TEST_CASE("something that is no certificate is refused") {
    EXPECT(ruling_at(read_bare("ca ta.key\n").report, 4).reason ==
           "there is no PEM certificate in it");
    EXPECT_FALSE(read_with("crl-verify ca.crt\n").report.usable());
    EXPECT_FALSE(read_with("crl-verify revoked dir\n").report.usable());
    EXPECT_FALSE(read_with("cert client.crt\n<key>\n</key>\n").report.usable());
  }

  TEST_CASE("cert and key come together") {
    EXPECT(ruling_at(read_with("cert client.crt\n").report, 7).reason.contains("no key"));
    EXPECT(ruling_at(read_with("key client.key\n").report, 7).reason.contains("no cert"));
    EXPECT_FALSE(read_with("extra-certs ca.crt\n").report.usable());
    EXPECT(read_with("cert client.crt\nkey client.key\n").report.usable());
  }

  TEST_CASE("the server must be recognisable") {
    EXPECT(has_error(read_bare("remote-cert-tls server\n").report, "ca"));
    const ReadProfile read = read_bare("peer-fingerprint " + std::string(kFingerprint) + "\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->tls.peer.fingerprints.size() == 1);
    EXPECT(read_bare(block("peer-fingerprint", "# two\n" + std::string(kFingerprint) + "\r\n\n  " +
                                                   std::string(kFingerprint) + "\n"))
               .profile->tls.peer.fingerprints.size() == 2);
    for (const std::string_view bad : {"AB:CD", "x", "\"\""})
      EXPECT_FALSE(read_with("peer-fingerprint " + std::string(bad)).report.usable());
    EXPECT_FALSE(read_with("<peer-fingerprint>\n# none\n</peer-fingerprint>\n").report.usable());
  }

  TEST_CASE("a profile that would take any customer for the server gets remote-cert-tls") {
    for (const std::string_view lines : {"", "remote-cert-ku\n", "remote-cert-ku 00e0\n",
                                         "remote-cert-eku \"TLS Web Client Authentication\"\n"}) {
      CAPTURE(lines);
      const ReadProfile read = read_bare("ca ca.crt\n" + std::string(lines));
      REQUIRE(read.profile.has_value());
      EXPECT(has_warning(read.report, "remote-cert-tls"));
      EXPECT(read.profile->tls.peer.purpose == crypto::CertificatePurpose::kServer);
    }
    for (const std::string_view line :
         {"remote-cert-tls server", "ns-cert-type server", "verify-x509-name vpn name",
          "remote-cert-eku serverAuth"}) {
      CAPTURE(line);
      const ReadProfile read = read_bare("ca ca.crt\n" + std::string(line));
      EXPECT(read.report.usable());
      EXPECT_FALSE(has_warning(read.report, "remote-cert-tls"));
    }
  }

  TEST_CASE("identity checks keep their exact meaning") {
    const ReadProfile read = read_with(
        "verify-x509-name \"C=FR, CN=vpn\"\nremote-cert-ku 0x00e0 A0\nremote-cert-eku 1.2.3\n"
        "tls-cert-profile preferred\n");
    REQUIRE(read.profile.has_value());
    const crypto::PeerIdentity& peer = read.profile->tls.peer;
    EXPECT(peer.name_check == crypto::NameCheck::kSubject);
    EXPECT(peer.name == "C=FR, CN=vpn");
    EXPECT(peer.key_usages == std::vector<std::uint16_t>{0xe0, 0xa0});
    EXPECT(peer.extended_key_usage == "1.2.3");
    EXPECT(read.profile->tls.profile == crypto::CertificateProfile::kPreferred);
    EXPECT(read_with("verify-x509-name a name-prefix").profile->tls.peer.name_check ==
           crypto::NameCheck::kCommonNamePrefix);
    EXPECT(has_warning(read_with("tls-cert-profile insecure").report, "tls-cert-profile"));
    for (const std::string_view line :
         {"remote-cert-tls client", "ns-cert-type client", "remote-cert-tls any",
          "verify-x509-name \"\" name-prefix", "verify-x509-name \u201cvpn\u201d name",
          "verify-x509-name x san", "remote-cert-ku 0", "remote-cert-ku 10000",
          "remote-cert-ku xyz", "remote-cert-eku \"\"", "tls-cert-profile none"}) {
      CAPTURE(line);
      EXPECT_FALSE(read_with(line).report.usable());
    }
  }

  TEST_CASE("a security level in tls-cipher is the certificate profile of its number") {
    using enum crypto::CertificateProfile;
    const auto profile_of = [](std::string_view lines) {
      const ReadProfile read = read_with(lines);
      for (const std::string& problem : read.report.problems()) FAIL(problem);
      REQUIRE(read.profile.has_value());
      EXPECT_FALSE(read.profile->tls.cipher_list.contains('@'));
      return read.profile->tls.profile;
    };
    EXPECT(profile_of("tls-cipher \"DEFAULT:@SECLEVEL=0\"") == kInsecure);
    EXPECT(profile_of("tls-cipher DEFAULT@SECLEVEL=1") == kLegacy);
    EXPECT(profile_of("tls-cipher @SECLEVEL=2:HIGH") == kPreferred);
    EXPECT(profile_of("tls-cipher HIGH:!aNULL:@SECLEVEL=3:@STRENGTH") == kSuiteB);
    // As in OpenVPN 2.6.14: tls-cert-profile does not count beside it, wherever it stands.
    EXPECT(profile_of("tls-cert-profile insecure\ntls-cipher HIGH:@SECLEVEL=2") == kPreferred);
    EXPECT(profile_of("tls-cipher HIGH:@SECLEVEL=2\ntls-cert-profile insecure") == kPreferred);
    EXPECT(has_warning(read_with("tls-cipher DEFAULT:@SECLEVEL=0").report, "tls-cipher"));
    for (const std::string_view list : {"DEFAULT:@SECLEVEL=6", "DEFAULT:@SECLEVEL=", "@SECLEVEL=0",
                                        "DEFAULT:@seclevel=0", "DEFAULT:@OTHER", "@STRENGTH"}) {
      CAPTURE(list);
      EXPECT_FALSE(read_with("tls-cipher " + std::string(list)).report.usable());
    }
  }

  TEST_CASE("a list of tls-cipher may be ordered and separated in all of OpenSSL's ways") {
    const auto list_of = [](std::string_view list) {
      const ReadProfile read = read_with("tls-cipher \"" + std::string(list) + "\"");
      return read.profile ? read.profile->tls.cipher_list : "refused";
    };
    EXPECT(list_of("HIGH:!aNULL:@STRENGTH") == "HIGH:!aNULL");
    EXPECT(list_of("HIGH,!aNULL;!MD5 !RC4:") == "HIGH:!aNULL:!MD5:!RC4");
    EXPECT(list_of("HIGH:(x)") == "refused");
  }

  TEST_CASE("a client that shows nothing of itself is warned about") {
    EXPECT(has_warning(read_bare("ca ca.crt\nremote-cert-tls server\n").report, "auth-user-pass"));
    EXPECT_FALSE(
        has_warning(read_bare("ca ca.crt\nremote-cert-tls server\nsetenv CLIENT_CERT 0\n").report,
                    "auth-user-pass"));
  }

  TEST_CASE("TLS never goes below 1.2") {
    for (const std::string_view line : {"tls-version-min 1.0", "tls-version-min 1.1 or-highest"}) {
      const ReadProfile read = read_with(line);
      REQUIRE(read.profile.has_value());
      EXPECT(read.profile->tls.version_min == crypto::TlsVersion::k12);
      EXPECT(read.profile->asks_for_old_tls);
      EXPECT(ruling_at(read.report, 7).verdict == Verdict::kIgnored);
    }
    EXPECT(read_with("tls-version-min 1.3").profile->tls.version_min == crypto::TlsVersion::k13);
    EXPECT(read_with("tls-version-min 1.9 or-highest").profile->tls.version_min ==
           crypto::TlsVersion::k13);
    EXPECT(read_with("tls-version-max 1.2").profile->tls.version_max == crypto::TlsVersion::k12);
    for (const std::string_view lines :
         {"tls-version-max 1.1", "tls-version-min 1.4", "tls-version-max 2",
          "tls-version-min 1.2 please", "tls-version-min 1.3\ntls-version-max 1.2",
          "tls-cipher \"a b\""}) {
      CAPTURE(lines);
      EXPECT_FALSE(read_with(lines).report.usable());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
