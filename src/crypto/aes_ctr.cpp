#include "crypto/aes_ctr.h"

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {

void aes256_ctr(base::Bytes key, base::Bytes iv, base::MutableBytes data) {
  CHECK(key.size() == 32 && iv.size() == 16);
  initialize();
  // Looked up once: it costs more than a packet's worth of encryption.
  static const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr));
  CHECK(cipher != nullptr);
  const std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
  CHECK(EVP_EncryptInit_ex2(context.get(), cipher.get(), key.data(), iv.data(), nullptr) == 1);
  int written = 0;
  CHECK(EVP_EncryptUpdate(context.get(), data.data(), &written, data.data(),
                          static_cast<int>(data.size())) == 1);
  CHECK(static_cast<std::size_t>(written) == data.size());
}

}  // namespace sallyport::crypto
