#include "crypto/aes_ctr.h"

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {

void Aes256Ctr::Free::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}
Aes256Ctr::Aes256Ctr(Aes256Ctr&&) noexcept = default;
Aes256Ctr& Aes256Ctr::operator=(Aes256Ctr&&) noexcept = default;
Aes256Ctr::~Aes256Ctr() = default;

Aes256Ctr::Aes256Ctr(base::Bytes key) {
  CHECK(key.size() == 32);
  initialize();
  // Looked up once: it costs more than a packet's worth of encryption.
  static const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr));
  CHECK(cipher != nullptr);
  context_.reset(EVP_CIPHER_CTX_new());
  CHECK(EVP_EncryptInit_ex2(context_.get(), cipher.get(), key.data(), nullptr, nullptr) == 1);
}

void Aes256Ctr::apply(base::Bytes iv, base::MutableBytes data) {
  CHECK(iv.size() == 16);
  CHECK(EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) == 1);
  int written = 0;
  CHECK(EVP_EncryptUpdate(context_.get(), data.data(), &written, data.data(),
                          static_cast<int>(data.size())) == 1);
  CHECK(static_cast<std::size_t>(written) == data.size());
}

void aes256_ctr(base::Bytes key, base::Bytes iv, base::MutableBytes data) {
  Aes256Ctr(key).apply(iv, data);
}

}  // namespace sallyport::crypto
