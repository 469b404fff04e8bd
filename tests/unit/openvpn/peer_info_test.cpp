#include "openvpn/session/peer_info.h"

#include <utility>

#include "test.h"

namespace sallyport::openvpn {
namespace {

Profile offering(std::vector<DataCipher> ciphers) {
  Profile profile;
  profile.ciphers.offered = std::move(ciphers);
  return profile;
}

TEST_SUITE("openvpn/peer_info") {
  TEST_CASE("every line is KEY=value, and ends") {
    const std::string text = peer_info(offering({DataCipher::kAes256Gcm}));
    REQUIRE(text.ends_with('\n'));
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      CAPTURE(line);
      EXPECT(line.find('=') != std::string_view::npos);
      EXPECT((line.starts_with("IV_") || line.starts_with("UV_")));
    }
  }

  TEST_CASE("names the ciphers in their order, and promises both GCM ones only with both") {
    const std::string both = peer_info(
        offering({DataCipher::kChaCha20Poly1305, DataCipher::kAes256Gcm, DataCipher::kAes128Gcm}));
    EXPECT(both.contains("IV_CIPHERS=CHACHA20-POLY1305:AES-256-GCM:AES-128-GCM\n"));
    EXPECT(both.contains("IV_NCP=2\n"));
    EXPECT_FALSE(peer_info(offering({DataCipher::kAes256Gcm})).contains("IV_NCP"));
  }

  TEST_CASE("the abilities are those that are there, in one number") {
    EXPECT(announced_abilities() == (2 | 4 | 8 | 16 | 128 | 256 | 512 | 1024 | 2048 | 4096));
    EXPECT(peer_info(Profile()).contains("IV_PROTO=8094\n"));
    EXPECT(peer_info(Profile()).contains("IV_MTU=1600\n"));
  }

  TEST_CASE("compression is offered as a framing alone") {
    const std::string text = peer_info(Profile());
    for (const char* line : {"IV_LZO_STUB=1\n", "IV_COMP_STUB=1\n", "IV_COMP_STUBv2=1\n"})
      EXPECT(text.contains(line));
    for (const char* key : {"IV_LZO=", "IV_LZ4=", "IV_LZ4v2="}) EXPECT_FALSE(text.contains(key));
  }

  TEST_CASE("the user's variables go along only when the profile pushes its peer information") {
    Profile profile;
    profile.peer_info.environment = {{"UV_TEAM", "red"}, {"UV_SEAT", "4"}};
    EXPECT_FALSE(peer_info(profile).contains("UV_"));
    profile.peer_info.push_all = true;
    EXPECT(peer_info(profile).ends_with("UV_TEAM=red\nUV_SEAT=4\n"));
    // Whatever is pushed, the machine stays unnamed.
    EXPECT_FALSE(peer_info(profile).contains("IV_HWADDR"));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
