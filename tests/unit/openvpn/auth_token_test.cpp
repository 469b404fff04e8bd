#include "openvpn/server/auth_token.h"

#include <string>

#include "counting_rng.h"
#include "openvpn/push/base64.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

constexpr base::WallTime kBegin(seconds(1'700'000'000));
constexpr std::string_view kUser = "alice";

AuthTokenKey zero_key() {
  return AuthTokenKey(std::vector<std::uint8_t>(AuthTokenKey::kFileSize));
}

std::string token_at(const AuthTokenSession& session, base::WallTime now) {
  return std::string(make_auth_token(zero_key(), session, kUser, now).reveal_text());
}

TEST_SUITE("openvpn/auth_token") {
  // Published with OpenVPN's unit tests: a key of zeros, both times zero.
  TEST_CASE("the published token is made, bit by bit, and taken") {
    constexpr std::string_view kPublished =
        "SESS_ID_AT_"
        "0123456789abcdefAAAAAAAAAAAAAAAAAAAAAE5JsQJOVfo8jnI3RL3tBaR5NkE4yPfcylFUHmHSc5Bu";
    AuthTokenSession session;
    base::copy_bytes(decode_base64("0123456789abcdef")->reveal(), session.id);
    const base::WallTime epoch{};
    EXPECT(make_auth_token(zero_key(), session, "test user name", epoch).reveal_text() ==
           kPublished);
    EXPECT(check_auth_token(zero_key(), {}, "test user name", kPublished, epoch).has_value());
    EXPECT(check_auth_token(zero_key(), {}, "another", kPublished, epoch).error() ==
           AuthTokenError::kForged);
  }

  TEST_CASE("a token is good for twice its renewal time, and for the lifetime since the login") {
    testing::CountingRng rng;
    const AuthTokenSession session = new_token_session(rng, kBegin);
    const AuthTokenOptions options{.lifetime = seconds(1000), .renewal = seconds(100)};
    const auto outcome = [&](base::WallTime issued, base::WallTime now) {
      return check_auth_token(zero_key(), options, kUser, token_at(session, issued), now);
    };
    EXPECT(outcome(kBegin, kBegin)->first_issued == kBegin);
    EXPECT(outcome(kBegin, kBegin)->id == session.id);
    EXPECT(outcome(kBegin, kBegin + seconds(200)).has_value());
    EXPECT(outcome(kBegin, kBegin + seconds(201)).error() == AuthTokenError::kExpired);
    EXPECT(outcome(kBegin + seconds(900), kBegin + seconds(1000)).has_value());
    EXPECT(outcome(kBegin + seconds(900), kBegin + seconds(1001)).error() ==
           AuthTokenError::kExpired);
    EXPECT(outcome(kBegin + seconds(5), kBegin).error() == AuthTokenError::kExpired);
  }

  TEST_CASE("a token that is older than its own login is refused") {
    testing::CountingRng rng;
    const AuthTokenSession session = new_token_session(rng, kBegin);
    const auto outcome = [&](base::WallTime issued) {
      return check_auth_token(zero_key(), {}, kUser, token_at(session, issued), kBegin);
    };
    EXPECT(outcome(kBegin).has_value());
    EXPECT(outcome(kBegin - seconds(1)).error() == AuthTokenError::kExpired);
  }

  TEST_CASE("R29: tokens of every length, and with any character changed, are only refused") {
    testing::CountingRng rng;
    const AuthTokenSession session = new_token_session(rng, kBegin);
    const std::string token = token_at(session, kBegin);
    for (std::size_t size = 0; size < 200; ++size) {
      std::string other = token.substr(0, size);
      other.resize(size, 'A');
      if (other == token) continue;
      EXPECT_FALSE(check_auth_token(zero_key(), {}, kUser, other, kBegin).has_value());
    }
    for (std::size_t at = 0; at < token.size(); ++at) {
      std::string other = token;
      other[at] = other[at] == 'B' ? 'C' : 'B';
      EXPECT_FALSE(check_auth_token(zero_key(), {}, kUser, other, kBegin).has_value());
    }
  }

  TEST_CASE("a key comes back from its file, and nothing else is one") {
    testing::CountingRng rng;
    const AuthTokenKey key = AuthTokenKey::random(rng);
    const base::SecretBytes file = key.to_file();
    const auto again = AuthTokenKey::parse(file.reveal_text());
    REQUIRE(again.has_value());
    EXPECT(base::text_of(again->reveal()) == base::text_of(key.reveal()));
    EXPECT_FALSE(AuthTokenKey::parse(file.reveal_text().substr(0, 100)).has_value());
    EXPECT_FALSE(AuthTokenKey::parse("").has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
