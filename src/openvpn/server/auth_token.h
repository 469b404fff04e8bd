// The token that a server gives a client in exchange for its password, and that stands for the
// password from then on (docs/protocol.md, "The server's tokens"). It says who, since when and for
// how long, under a MAC of the server's; so no list of tokens is kept.
//   "SESS_ID_AT_" | base64( session(12) | first issued(8) | issued(8) | HMAC-SHA256(32) )
//   HMAC over user name | the first 28 bytes
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/secret.h"
#include "base/time.h"

namespace sallyport::openvpn {

// "-----BEGIN OpenVPN auth-token server key-----": 128 bytes, of which the third quarter counts.
class AuthTokenKey {
 public:
  static constexpr std::size_t kFileSize = 128;
  static constexpr std::size_t kSize = 32;

  static AuthTokenKey random(base::Rng& rng);
  // The error is a clause.
  static std::expected<AuthTokenKey, std::string> parse(std::string_view file);
  base::SecretBytes to_file() const;
  explicit AuthTokenKey(base::Bytes file_bytes) : bytes_(file_bytes) {}

  base::Bytes reveal() const { return bytes_.reveal().subspan(2 * kSize, kSize); }

 private:
  base::SecretArray<kFileSize> bytes_;
};

struct AuthTokenOptions {
  base::Duration lifetime{0};                           // since the login; 0: without end
  base::Duration renewal = std::chrono::seconds(3600);  // a token is good for twice this
};

// Which login a token belongs to; the same in all that follow from it.
struct AuthTokenSession {
  std::array<std::uint8_t, 12> id{};
  base::WallTime first_issued;
};
AuthTokenSession new_token_session(base::Rng& rng, base::WallTime now);

// The token for `session` as of `now`.
base::SecretBytes make_auth_token(const AuthTokenKey& key, const AuthTokenSession& session,
                                  std::string_view username, base::WallTime now);

// True for what has the form of a token, and so is never looked up as a password.
bool looks_like_auth_token(std::string_view password);

enum class AuthTokenError { kForged, kExpired };
// `token` is what the client gave as its password.
std::expected<AuthTokenSession, AuthTokenError> check_auth_token(const AuthTokenKey& key,
                                                                 const AuthTokenOptions& options,
                                                                 std::string_view username,
                                                                 std::string_view token,
                                                                 base::WallTime now);

}  // namespace sallyport::openvpn
