// AES in CBC mode, in place and without padding of its own: the cipher of OpenVPN's older data
// channel. It authenticates nothing: whoever uses it checks a MAC before decrypting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"

struct evp_cipher_ctx_st;

namespace sallyport::crypto {

inline constexpr std::size_t kCbcBlockSize = 16;
using CbcIv = std::span<const std::uint8_t, kCbcBlockSize>;

// Whether this machine's library has it with keys of so many bytes.
bool cbc_is_available(std::size_t key_size);

namespace internal {
struct FreeCipherContext {
  void operator()(evp_cipher_ctx_st* context) const;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, FreeCipherContext>;
}  // namespace internal

// `key` is 16, 24 or 32 bytes; copied into OpenSSL's context and wiped with it. `data` is whole
// blocks.
class CbcEncryptor {
 public:
  explicit CbcEncryptor(base::Bytes key);
  // An IV must be unpredictable for whoever chooses the data.
  void encrypt(CbcIv iv, base::MutableBytes data);

 private:
  internal::CipherContext context_;
};

class CbcDecryptor {
 public:
  explicit CbcDecryptor(base::Bytes key);
  void decrypt(CbcIv iv, base::MutableBytes data);

 private:
  internal::CipherContext context_;
};

}  // namespace sallyport::crypto
