#include "openvpn/profile/locked_key.h"

#include "profile_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

std::string block(const std::string& tag, const std::string& content) {
  return "<" + tag + ">\n" + content + "</" + tag + ">\n";
}

// Of "alice", on lines 7 and 8, in the form that PiVPN and EasyRSA make.
std::string with_encrypted_key(const std::string& lines = {}) {
  return "cert client.crt\n" + block("key", read_test_data("pki/encrypted.key")) + lines;
}

// The whole of a client with its authority, behind a passphrase.
std::string encrypted_pkcs12() {
  return "client\nremote a\nremote-cert-tls server\n" +
         block("pkcs12", read_test_data("pki/encrypted.p12.base64"));
}

TEST_SUITE("openvpn/locked_key") {
  TEST_CASE("a profile with an encrypted key waits for its passphrase") {
    ReadProfile read = read_with(with_encrypted_key());
    REQUIRE(read.profile.has_value());
    REQUIRE(read.profile->locked_key.has_value());
    EXPECT(read.profile->tls.key_pem.empty());
    const std::string& reason = ruling_at(read.report, 8).reason;
    EXPECT(reason.contains("you are asked for the passphrase"));
    EXPECT(reason.contains("openssl pkey -in FILE -out plain.key"));

    EXPECT(unlock(*read.profile, "wrong").error() == "the passphrase is wrong");
    REQUIRE(read.profile->locked_key.has_value());
    EXPECT(unlock(*read.profile, "secret").has_value());
    EXPECT_FALSE(read.profile->locked_key.has_value());
    EXPECT(read.profile->tls.key_pem.reveal_text() == read_test_data("pki/client.key"));
  }

  TEST_CASE("askpass has the passphrase, in a block or beside the profile, wherever it stands") {
    FakeFiles files;
    files.files["pass.txt"] = "\xef\xbb\xbfsecret\r\nsomething else\n";
    for (const std::string& lines : {with_encrypted_key("askpass pass.txt\n"),
                                     with_encrypted_key("<askpass>\nsecret\n</askpass>\n"),
                                     "askpass /etc/openvpn/pass.txt\n" + with_encrypted_key()}) {
      CAPTURE(lines);
      const ReadProfile read = read_profile("x", base::bytes_of(usable_profile() + lines), files);
      for (const std::string& problem : read.report.problems()) FAIL(problem);
      REQUIRE(read.profile.has_value());
      EXPECT_FALSE(read.profile->locked_key.has_value());
      EXPECT(read.profile->tls.key_pem.reveal_text() == read_test_data("pki/client.key"));
    }
  }

  TEST_CASE("a passphrase that is wrong, missing or not needed is said on its line") {
    const auto ruling_of = [](const ReadProfile& read) {
      for (const DirectiveReport& line : read.report.directives) {
        if (line.option == "askpass") return line.ruling;
      }
      return refused("");
    };
    const ReadProfile wrong = read_with(with_encrypted_key("<askpass>\nSecret\n</askpass>\n"));
    EXPECT_FALSE(wrong.profile.has_value());
    EXPECT(ruling_of(wrong).reason.starts_with("key: the passphrase is wrong"));
    for (const std::string line :
         {"askpass", "askpass stdin", "askpass missing.txt", "<askpass>\n</askpass>"}) {
      CAPTURE(line);
      const ReadProfile read = read_with(with_encrypted_key(line + "\n"));
      REQUIRE(read.profile.has_value());
      EXPECT(read.profile->locked_key.has_value());
      EXPECT(ruling_of(read).reason.contains("asked for it"));
    }
    EXPECT(ruling_of(read_with("askpass")).verdict == Verdict::kIgnored);
    for (const std::string_view line : {"<askpass>\nnever closed\n", "askpass a b"}) {
      CAPTURE(line);
      EXPECT(ruling_of(read_with(line)).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("a PKCS#12 file behind a passphrase brings certificate, key and authority") {
    ReadProfile read = read_text(encrypted_pkcs12());
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    REQUIRE(read.profile->locked_key.has_value());
    EXPECT(unlock(*read.profile, "").error() == "it is protected by a passphrase");
    EXPECT(unlock(*read.profile, "wrong").error() == "the passphrase is wrong");
    EXPECT(unlock(*read.profile, "secret").has_value());
    EXPECT(read.profile->tls.certificate_pem == read_test_data("pki/client.crt"));
    EXPECT(read.profile->tls.ca_pem == read_test_data("pki/ca.crt"));

    const ReadProfile told =
        read_text(encrypted_pkcs12() + "<askpass>\nsecret\n</askpass>\nca ca.crt\n");
    REQUIRE(told.profile.has_value());
    EXPECT(told.profile->tls.key_pem.reveal_text() == read_test_data("pki/client.key"));
  }

  TEST_CASE("a key that does not belong to the certificate is no use, open or not") {
    ReadProfile read =
        read_with("cert plain.crt\n" + block("key", read_test_data("pki/encrypted.key")));
    EXPECT_FALSE(read.profile.has_value());  // there is no plain.crt beside it
    read = read_with(block("cert", read_test_data("pki/plain.crt")) +
                     block("key", read_test_data("pki/encrypted.key")));
    REQUIRE(read.profile.has_value());
    EXPECT(unlock(*read.profile, "secret").error() ==
           "key: does not belong to the certificate in cert");
    EXPECT(read.profile->locked_key.has_value());
    EXPECT_FALSE(read_with(block("cert", read_test_data("pki/plain.crt")) +
                           block("key", read_test_data("pki/encrypted.key")) +
                           "<askpass>\nsecret\n</askpass>\n")
                     .profile.has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
