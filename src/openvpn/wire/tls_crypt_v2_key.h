// Keys of tls-crypt-v2: one pre-shared key Kc for each client, which the client carries together
// with WKc, the same key wrapped by the server's key, so that the server keeps no list
// (docs/protocol.md, "Wraps").
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/aes_ctr.h"
#include "crypto/hmac.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// WKc = T(32) || AES-256-CTR(Ke, IV = T[0:16], Kc || metadata) || u16 length of all of it.
inline constexpr std::size_t kWrappedKeyMinimum = 32 + StaticKey::kSize + 2;
inline constexpr std::size_t kWrappedKeyMaximum = 1024;

// The client's file, "-----BEGIN OpenVPN tls-crypt-v2 client key-----": base64 of Kc || WKc.
class TlsCryptV2ClientKey {
 public:
  static std::expected<TlsCryptV2ClientKey, std::string> parse(std::string_view file);
  TlsCryptV2ClientKey(StaticKey key, base::Bytes wrapped_key)
      : key_(std::move(key)), wrapped_key_(wrapped_key.begin(), wrapped_key.end()) {}

  const StaticKey& key() const { return key_; }
  // Sent as it is; a client never looks inside.
  base::Bytes wrapped_key() const { return wrapped_key_; }
  // As the file that parse() takes.
  base::SecretBytes to_file() const;
  TlsCryptV2ClientKey clone() const { return TlsCryptV2ClientKey(key_.clone(), wrapped_key_); }

 private:
  StaticKey key_;
  std::vector<std::uint8_t> wrapped_key_;
};

// Names a client's key without giving anything of it away: what a server's list of revoked keys
// holds. It is the same for all wrappings of the key.
using KeyFingerprint = std::array<std::uint8_t, 32>;
KeyFingerprint fingerprint_of(const StaticKey& key);

// What a server learns from a WKc that its key made.
struct UnwrappedClientKey {
  StaticKey key;
  std::vector<std::uint8_t> metadata;  // type byte and data, or empty
};

enum class UnwrapError { kBadLength, kNotOurs };

// The server's file, "-----BEGIN OpenVPN tls-crypt-v2 server key-----": base64 of one 128-byte
// slot.
class TlsCryptV2ServerKey {
 public:
  static constexpr std::size_t kSize = 128;

  static std::expected<TlsCryptV2ServerKey, std::string> parse(std::string_view file);
  explicit TlsCryptV2ServerKey(base::Bytes bytes);
  static TlsCryptV2ServerKey random(base::Rng& rng);
  base::SecretBytes to_file() const;
  TlsCryptV2ServerKey clone() const { return TlsCryptV2ServerKey(bytes_.reveal()); }

  // `metadata`: at most 734 bytes with its type byte.
  std::vector<std::uint8_t> wrap(const StaticKey& key, base::Bytes metadata) const;
  std::expected<UnwrappedClientKey, UnwrapError> unwrap(base::Bytes wrapped_key) const;

 private:
  base::SecretArray<kSize> bytes_;
  // Loaded once: a flood makes a server compute these for every packet.
  mutable crypto::Hmac mac_;
  mutable crypto::Aes256Ctr cipher_;
};

// Finds the WKc at the end of a packet (HARD_RESET_CLIENT_V3, CONTROL_WKC_V1): its last two bytes
// hold the length, and the whole must fit behind the opcode byte (CVE-2026-35058). Empty when it
// can't be one.
std::optional<base::Bytes> trailing_wrapped_key(base::Bytes packet);

}  // namespace sallyport::openvpn
