#include "crypto/cbc.h"

#include <openssl/err.h>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

const char* name_for(std::size_t key_size) {
  switch (key_size) {
    case 16:
      return "AES-128-CBC";
    case 24:
      return "AES-192-CBC";
    case 32:
      return "AES-256-CBC";
    default:
      CHECK(false);
  }
}

internal::CipherContext make_context(base::Bytes key, int encrypt) {
  initialize();
  const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, name_for(key.size()), nullptr));
  CHECK(cipher != nullptr);
  internal::CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr, encrypt, nullptr) ==
        1);
  CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  return context;
}

void run(EVP_CIPHER_CTX* context, CbcIv iv, base::MutableBytes data) {
  CHECK(data.size() % kCbcBlockSize == 0);
  int written = 0;
  CHECK(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, iv.data(), -1) == 1);
  CHECK(EVP_CipherUpdate(context, data.data(), &written, data.data(),
                         static_cast<int>(data.size())) == 1);
  CHECK(static_cast<std::size_t>(written) == data.size());
}

}  // namespace

bool cbc_is_available(std::size_t key_size) {
  initialize();
  const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, name_for(key_size), nullptr));
  ERR_clear_error();
  return cipher != nullptr;
}

void internal::FreeCipherContext::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

CbcEncryptor::CbcEncryptor(base::Bytes key) : context_(make_context(key, /*encrypt=*/1)) {}

void CbcEncryptor::encrypt(CbcIv iv, base::MutableBytes data) {
  run(context_.get(), iv, data);
}

CbcDecryptor::CbcDecryptor(base::Bytes key) : context_(make_context(key, /*encrypt=*/0)) {}

void CbcDecryptor::decrypt(CbcIv iv, base::MutableBytes data) {
  run(context_.get(), iv, data);
}

}  // namespace sallyport::crypto
