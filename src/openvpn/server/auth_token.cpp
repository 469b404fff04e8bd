#include "openvpn/server/auth_token.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "crypto/pem.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kLabel = "OpenVPN auth-token server key";
constexpr std::string_view kPrefix = "SESS_ID_AT_";
constexpr std::size_t kSignedSize = 12 + 8 + 8;
constexpr std::size_t kMacSize = 32;

using Mac = std::array<std::uint8_t, kMacSize>;

Mac mac_of(const AuthTokenKey& key, std::string_view username, base::Bytes signed_part) {
  Mac mac{};
  crypto::Hmac(crypto::Digest::sha256(), key.reveal())
      .compute({base::bytes_of(username), signed_part}, mac);
  return mac;
}

std::uint64_t seconds_of(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

AuthTokenKey AuthTokenKey::random(base::Rng& rng) {
  base::SecretArray<kFileSize> bytes;
  rng.fill(bytes.reveal_mutable());
  return AuthTokenKey(bytes.reveal());
}

std::expected<AuthTokenKey, std::string> AuthTokenKey::parse(std::string_view file) {
  const auto content = crypto::pem_decode(file, kLabel);
  if (!content || content->size() != kFileSize)
    return std::unexpected("there is no well-formed auth-token key in it");
  return AuthTokenKey(content->reveal());
}

base::SecretBytes AuthTokenKey::to_file() const {
  return crypto::pem_encode(bytes_.reveal(), kLabel);
}

AuthTokenSession new_token_session(base::Rng& rng, base::WallTime now) {
  return {base::random_bytes<12>(rng), now};
}

base::SecretBytes make_auth_token(const AuthTokenKey& key, const AuthTokenSession& session,
                                  std::string_view username, base::WallTime now) {
  base::ByteWriter writer(kSignedSize + kMacSize);
  writer.bytes(session.id);
  writer.u64(seconds_of(session.first_issued));
  writer.u64(seconds_of(now));
  writer.bytes(mac_of(key, username, writer.written()));
  const base::SecretBytes encoded = encode_base64(base::SecretBytes(writer.take()).reveal());
  base::SecretBytes token(kPrefix.size() + encoded.size());
  base::copy_bytes(base::bytes_of(kPrefix), token.reveal_mutable());
  base::copy_bytes(encoded.reveal(), token.reveal_mutable().subspan(kPrefix.size()));
  return token;
}

bool looks_like_auth_token(std::string_view password) {
  return password.starts_with(kPrefix);
}

std::expected<AuthTokenSession, AuthTokenError> check_auth_token(const AuthTokenKey& key,
                                                                 const AuthTokenOptions& options,
                                                                 std::string_view username,
                                                                 std::string_view token,
                                                                 base::WallTime now) {
  if (!looks_like_auth_token(token)) return std::unexpected(AuthTokenError::kForged);
  const auto decoded = decode_base64(token.substr(kPrefix.size()));
  if (!decoded || decoded->size() != kSignedSize + kMacSize)
    return std::unexpected(AuthTokenError::kForged);
  const base::Bytes signed_part = decoded->reveal().first(kSignedSize);
  if (!crypto::constant_time_equal(decoded->reveal().last(kMacSize),
                                   mac_of(key, username, signed_part))) {
    return std::unexpected(AuthTokenError::kForged);
  }
  base::ByteReader reader(signed_part);
  AuthTokenSession session;
  base::copy_bytes(*reader.take(session.id.size()), session.id);
  // We wrote these times ourselves; but the clock may have been wrong, and the key shared with one
  // whose clock is.
  const std::uint64_t first = *reader.u64();
  const std::uint64_t issued = *reader.u64();
  const std::uint64_t present = seconds_of(now);
  const auto within = [&](std::uint64_t since, base::Duration limit) {
    return present >= since &&
           present - since <= static_cast<std::uint64_t>(
                                  std::chrono::duration_cast<std::chrono::seconds>(limit).count());
  };
  if (first > issued || !within(issued, 2 * options.renewal) ||
      (options.lifetime > base::Duration::zero() && !within(first, options.lifetime))) {
    return std::unexpected(AuthTokenError::kExpired);
  }
  session.first_issued = base::WallTime(std::chrono::seconds(static_cast<std::int64_t>(first)));
  return session;
}

}  // namespace sallyport::openvpn
