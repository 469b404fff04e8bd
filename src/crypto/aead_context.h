// An AEAD of OpenSSL's, called as its provider offers it (provider-cipher(7)) and without EVP's
// layer in between. EVP asks the provider for the nonce's length on each packet, by name, and goes
// through tests for every kind of cipher: with AES that took as long as encrypting 500 bytes.
// Included by this folder's .cpp files only.
#pragma once

#include <openssl/core_dispatch.h>

#include "crypto/aead.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto::internal {

class AeadContext {
 public:
  enum class Direction { kSeal, kOpen };
  // `name` as EVP_CIPHER_fetch() knows it, of a cipher that takes nonces of kAeadNonceSize.
  AeadContext(const char* name, base::Bytes key, Direction direction);
  ~AeadContext();
  AeadContext(const AeadContext&) = delete;
  AeadContext& operator=(const AeadContext&) = delete;

  // One packet in place, as AeadSealer and AeadOpener have it. Each for its own direction only.
  void seal(AeadNonce nonce, base::Bytes associated, base::MutableBytes data, AeadTag tag);
  [[nodiscard]] bool open(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                          base::Bytes tag);

 private:
  void run(base::Bytes associated, base::MutableBytes data);

  UniqueCipher cipher_;  // keeps the provider
  OSSL_FUNC_cipher_encrypt_init_fn* init_ = nullptr;
  OSSL_FUNC_cipher_update_fn* update_ = nullptr;
  OSSL_FUNC_cipher_final_fn* final_ = nullptr;
  OSSL_FUNC_cipher_get_ctx_params_fn* get_params_ = nullptr;
  OSSL_FUNC_cipher_freectx_fn* free_ = nullptr;
  void* state_ = nullptr;
};

}  // namespace sallyport::crypto::internal
