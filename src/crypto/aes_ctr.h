#pragma once

#include <memory>

#include "base/bytes.h"

struct evp_cipher_ctx_st;

namespace sallyport::crypto {

// AES-256 in counter mode, in place, with a key that stays loaded between messages: encryption and
// decryption are the same operation.
class Aes256Ctr {
 public:
  // `key`: 32 bytes, copied into OpenSSL's context and wiped with it.
  explicit Aes256Ctr(base::Bytes key);
  Aes256Ctr(Aes256Ctr&&) noexcept;
  Aes256Ctr& operator=(Aes256Ctr&&) noexcept;
  ~Aes256Ctr();

  // `iv`: the 16 bytes of the initial counter block.
  void apply(base::Bytes iv, base::MutableBytes data);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

// The same with a key for one message.
void aes256_ctr(base::Bytes key, base::Bytes iv, base::MutableBytes data);

}  // namespace sallyport::crypto
