// The 2048-bit key of "-----BEGIN OpenVPN Static key V1-----" files, and the way it is cut. The
// same cut serves the keys that TLS derives for the data channel (docs/protocol.md, "Key
// exchange").
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"

namespace sallyport::openvpn {

// Which half an end sends with; it receives with the other. `key-direction` of tls-auth names it
// outright; without one, tls-auth uses the first half both ways.
enum class KeyDirection { kNormal, kInverse };

constexpr KeyDirection opposite(KeyDirection direction) {
  return direction == KeyDirection::kNormal ? KeyDirection::kInverse : KeyDirection::kNormal;
}

class StaticKey {
 public:
  static constexpr std::size_t kSize = 256;
  static constexpr std::size_t kPartSize = 64;

  explicit StaticKey(base::Bytes bytes) : bytes_(bytes) {}
  static StaticKey random(base::Rng& rng);

  // From a key file: what stands outside the BEGIN and END lines is ignored. The error is a clause
  // for a message.
  static std::expected<StaticKey, std::string> parse(std::string_view file);

  // Two slots of cipher[64] and hmac[64]. An algorithm uses the leading bytes that it needs.
  base::Bytes cipher_key(KeyDirection slot) const {
    return bytes_.reveal().subspan(offset(slot), kPartSize);
  }
  base::Bytes hmac_key(KeyDirection slot) const {
    return bytes_.reveal().subspan(offset(slot) + kPartSize, kPartSize);
  }

  base::Bytes reveal() const { return bytes_.reveal(); }
  StaticKey clone() const { return StaticKey(reveal()); }

 private:
  static std::size_t offset(KeyDirection slot) {
    return slot == KeyDirection::kNormal ? 0 : 2 * kPartSize;
  }

  base::SecretArray<kSize> bytes_;
};

}  // namespace sallyport::openvpn
