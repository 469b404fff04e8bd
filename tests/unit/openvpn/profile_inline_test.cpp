#include "openvpn/profile/profile_inline.h"

#include "openvpn/profile/profile_fix.h"
#include "openvpn/push/base64.h"
#include "profile_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

struct NoFiles final : ProfileFiles {
  std::expected<base::SecretBytes, std::string> read(std::string_view) override {
    return std::unexpected("no such file");
  }
};

std::string inlined(const std::string& text, FakeFiles& files) {
  const ReadProfile read = read_profile("x", base::bytes_of(text), files);
  return std::string(inline_files(base::bytes_of(text), read.report, files).text.reveal_text());
}

TEST_SUITE("openvpn/profile_inline") {
  TEST_CASE("a profile with files beside it says the same without them when they are taken in") {
    FakeFiles files;
    files.files["login.txt"] = "alice\nwonderland";
    files.files["pass.txt"] = "secret\n";
    files.files["locked.key"] = read_test_data("pki/encrypted.key");
    const std::string text =
        "client\r\nremote a\nca keys/ca.crt\ncert \"C:\\\\keys\\\\client.crt\"\nkey locked.key # "
        "ours\n"
        "askpass pass.txt\nremote-cert-tls server\nauth-user-pass login.txt\n"
        "tls-auth ta.key 1\ncrl-verify ca.crl\nextra-certs ca.crt\nverb 3\n";
    const std::string alone = inlined(text, files);
    NoFiles none;
    const ReadProfile read = read_profile("x", base::bytes_of(alone), none);
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    const Profile& profile = *read.profile;
    EXPECT(profile.tls.ca_pem == read_test_data("pki/ca.crt"));
    EXPECT(profile.tls.extra_certs_pem == read_test_data("pki/ca.crt"));
    EXPECT(profile.tls.certificate_pem == read_test_data("pki/client.crt"));
    EXPECT(profile.tls.key_pem.reveal_text() == read_test_data("pki/client.key"));
    EXPECT(profile.login.credentials->password.reveal_text() == "wonderland");
    EXPECT(std::get<TlsAuthWrap>(profile.wraps[0]).direction == KeyDirection::kInverse);
    EXPECT_FALSE(profile.tls.crl_pem.empty());
    EXPECT(alone.ends_with("verb 3\n"));
    EXPECT(alone.starts_with("client\nremote a\n<ca>\n"));
  }

  TEST_CASE("a PKCS#12 file is taken in as base64") {
    FakeFiles files;
    const auto der = read_test_data("pki/encrypted.p12.base64");
    // FakeFiles has it decoded, as it lies beside a profile.
    std::string packed;
    for (const char c : der) {
      if (c != '\n') packed += c;
    }
    files.files["all.p12"] = std::string(decode_base64(packed)->reveal_text());
    const std::string alone =
        inlined("client\nremote a\npkcs12 all.p12\nremote-cert-tls server\n", files);
    EXPECT(alone.contains("<pkcs12>\n" + der + "</pkcs12>\n"));
    EXPECT(read_text(alone).profile->locked_key.has_value());
  }

  TEST_CASE("what has no file, no block, or would not come out again stays as it is") {
    FakeFiles files;
    files.files["odd.txt"] = "alice\n</auth-user-pass>\n";
    files.files["nul.txt"] = std::string("alice\n\0\n", 8);
    files.files["huge.crt"] =
        read_test_data("pki/ca.crt") + std::string(kMaxBundledFileSize - 9000, '#');
    const std::string good = "client\nremote a\nremote-cert-tls server\n";
    for (const std::string line :
         {"ca missing.crt\n", "auth-user-pass\n", "auth-user-pass stdin\n",
          "auth-user-pass odd.txt\n", "auth-user-pass nul.txt\n", "up ca.crt\n",
          "verify-x509-name ca.crt name\n", "<ca>\nca.crt\n</ca>\n"}) {
      CAPTURE(line);
      EXPECT(inlined(good + line, files) == good + line);
    }
    // Two of them would be larger than a profile may be.
    const std::string twice = inlined(good + "ca huge.crt\nextra-certs huge.crt\n", files);
    EXPECT(twice.size() <= 1024 * 1024);
    EXPECT(twice.contains("</ca>\nextra-certs huge.crt\n"));
  }

  TEST_CASE("how many lines --fix would mend is known before it is tried") {
    const auto count = [](std::string_view lines) {
      const FixCount fixes = count_fixes(read_with(lines).report);
      return std::pair(fixes.mendable, fixes.refused);
    };
    EXPECT(count("verb 3") == std::pair<std::size_t, std::size_t>(0, 0));
    EXPECT(count("up /x\ndown /y\ndev tap\ntls-remote z") ==
           std::pair<std::size_t, std::size_t>(3, 4));
    EXPECT(count("verify-x509-name a name\ntls-remote z") ==
           std::pair<std::size_t, std::size_t>(0, 1));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
