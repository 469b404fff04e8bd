#include "openvpn/session/options_string.h"

#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

Profile profile_with(ControlWrap wrap) {
  Profile profile;
  profile.wraps.push_back(std::move(wrap));
  profile.remotes.emplace_back();
  return profile;
}

std::string string_of(const Profile& profile) {
  return options_string(profile, profile.remotes[0]);
}

TEST_SUITE("openvpn/options_string") {
  // What OpenVPN 2.6.14 sends with nothing configured.
  TEST_CASE("is OpenVPN's own for a profile of defaults") {
    EXPECT(string_of(profile_with(PlainWrap{})) ==
           "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,"
           "key-method 2,tls-client");
  }

  TEST_CASE("says what transport, MTU, digest and framing the profile has") {
    Profile profile = profile_with(PlainWrap{});
    profile.remotes[0].transport = Transport::kTcp;
    profile.tunnel.tun_mtu = 1400;
    profile.auth_digest = crypto::Digest::sha256();
    profile.tunnel.compression = CompressionFraming::kStub;
    EXPECT(string_of(profile) ==
           "V4,dev-type tun,link-mtu 1456,tun-mtu 1400,proto TCPv4_CLIENT,comp-lzo,auth SHA256,"
           "keysize 128,key-method 2,tls-client");
  }

  // What OpenVPN 2.6.14 sends with `cipher` and `auth` like these. SoftEther goes by it.
  TEST_CASE("names the fallback's cipher when it is among those offered, as OpenVPN does") {
    const auto with = [](DataCipher fallback, crypto::Digest auth) {
      Profile profile = profile_with(PlainWrap{});
      profile.ciphers = {.offered = {fallback}, .fallback = fallback};
      profile.auth_digest = auth;
      return string_of(profile);
    };
    EXPECT(with(DataCipher::kAes256Gcm, crypto::Digest::sha1()) ==
           "V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,cipher AES-256-GCM,auth "
           "[null-digest],keysize 256,key-method 2,tls-client");
    EXPECT(with(DataCipher::kChaCha20Poly1305, crypto::Digest::sha256()) ==
           "V4,dev-type tun,link-mtu 1534,tun-mtu 1500,proto UDPv4,cipher CHACHA20-POLY1305,auth "
           "[null-digest],keysize 256,key-method 2,tls-client");
    EXPECT(with(DataCipher::kAes256Cbc, crypto::Digest::sha1()) ==
           "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,cipher AES-256-CBC,auth SHA1,"
           "keysize 256,key-method 2,tls-client");
    EXPECT(with(DataCipher::kAes128Cbc, crypto::Digest::sha256()) ==
           "V4,dev-type tun,link-mtu 1569,tun-mtu 1500,proto UDPv4,cipher AES-128-CBC,auth SHA256,"
           "keysize 128,key-method 2,tls-client");
  }

  TEST_CASE("does not name a fallback that is not offered, as OpenVPN does not") {
    Profile profile = profile_with(PlainWrap{});
    profile.ciphers = {.offered = {DataCipher::kAes256Gcm}, .fallback = DataCipher::kAes256Cbc};
    EXPECT_FALSE(cipher_of_options(string_of(profile)).has_value());
  }

  TEST_CASE("counts in link-mtu what OpenVPN counts") {
    Profile profile = profile_with(PlainWrap{});
    profile.ciphers = {.offered = {DataCipher::kAes128Gcm}, .fallback = DataCipher::kAes128Gcm};
    profile.remotes[0].transport = Transport::kTcp;
    EXPECT(string_of(profile).contains(",link-mtu 1551,"));
    profile.remotes[0].transport = Transport::kUdp;
    profile.remotes[0].fragment = 1200;
    profile.tunnel.tun_mtu = 1400;
    EXPECT(string_of(profile).contains(",link-mtu 1453,"));
  }

  TEST_CASE("names tls-auth and its direction, and nothing of tls-crypt") {
    const auto with = [](std::optional<KeyDirection> direction) {
      return string_of(
          profile_with(TlsAuthWrap{vectors::static_key(), direction, crypto::Digest::sha1()}));
    };
    EXPECT(with(KeyDirection::kNormal).contains(",keydir 0,auth SHA1,keysize 128,tls-auth,"));
    EXPECT(with(KeyDirection::kInverse).contains(",keydir 1,auth SHA1,keysize 128,tls-auth,"));
    EXPECT(with(std::nullopt).contains(",tls-auth,"));
    EXPECT_FALSE(with(std::nullopt).contains("keydir"));
    EXPECT(string_of(profile_with(TlsCryptWrap{vectors::static_key()})) ==
           string_of(profile_with(PlainWrap{})));
  }

  TEST_CASE("a peer's cipher is found wherever it stands") {
    EXPECT(cipher_of_options("V4,dev-type tun,cipher AES-128-GCM,auth SHA1") == "AES-128-GCM");
    EXPECT(cipher_of_options("cipher BF-CBC") == "BF-CBC");
    EXPECT(cipher_of_options("cipher ") == "");
    for (const char* without : {"", ",", "V4,dev-type tun", "xcipher AES", "V4,cipher", ",,,"}) {
      CAPTURE(std::string(without));
      EXPECT_FALSE(cipher_of_options(without).has_value());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
