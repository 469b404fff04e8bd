// Authenticated encryption of the data channel: one object per key and direction, warm between
// packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace sallyport::crypto {

enum class AeadAlgorithm { kAes128Gcm, kAes192Gcm, kAes256Gcm, kChaCha20Poly1305 };

// OpenVPN's names, in any case: "AES-256-GCM", "CHACHA20-POLY1305" ...
std::optional<AeadAlgorithm> aead_by_name(std::string_view name);
std::string_view name_of(AeadAlgorithm algorithm);
std::size_t key_size(AeadAlgorithm algorithm);
// Whether this machine's library has it: where only the algorithms of FIPS 140 are allowed,
// ChaCha20 is missing. No sealer or opener is made of one that is not.
bool is_available(AeadAlgorithm algorithm);

inline constexpr std::size_t kAeadTagSize = 16;
inline constexpr std::size_t kAeadNonceSize = 12;
using AeadTag = std::span<std::uint8_t, kAeadTagSize>;
using AeadNonce = std::span<const std::uint8_t, kAeadNonceSize>;

namespace internal {
class AeadContext;
struct DeleteAeadContext {
  void operator()(AeadContext* context) const;
};
using UniqueAeadContext = std::unique_ptr<AeadContext, DeleteAeadContext>;
}  // namespace internal

class AeadSealer {
 public:
  // `key` is key_size(algorithm) bytes; copied into OpenSSL's context and wiped with it.
  AeadSealer(AeadAlgorithm algorithm, base::Bytes key);

  // Encrypts `data` in place and writes the tag. A nonce must never be used twice with one key: the
  // caller counts.
  void seal(AeadNonce nonce, base::Bytes associated, base::MutableBytes data, AeadTag tag);

 private:
  internal::UniqueAeadContext context_;
};

class AeadOpener {
 public:
  AeadOpener(AeadAlgorithm algorithm, base::Bytes key);

  // Decrypts `data` in place; false when tag, data or associated data were altered, and then `data`
  // is garbage.
  [[nodiscard]] bool open(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                          base::Bytes tag);

 private:
  internal::UniqueAeadContext context_;
};

}  // namespace sallyport::crypto
