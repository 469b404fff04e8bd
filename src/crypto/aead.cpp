#include "crypto/aead.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <strings.h>

#include <array>
#include <string>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

struct AlgorithmRow {
  AeadAlgorithm algorithm;
  const char* name;
  std::size_t key_size;
};

constexpr std::array kAlgorithms{
    AlgorithmRow{AeadAlgorithm::kAes128Gcm, "AES-128-GCM", 16},
    AlgorithmRow{AeadAlgorithm::kAes192Gcm, "AES-192-GCM", 24},
    AlgorithmRow{AeadAlgorithm::kAes256Gcm, "AES-256-GCM", 32},
    AlgorithmRow{AeadAlgorithm::kChaCha20Poly1305, "CHACHA20-POLY1305", 32},
};

const AlgorithmRow& row_of(AeadAlgorithm algorithm) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.algorithm == algorithm) return row;
  }
  CHECK(false);
}

// EVP_CIPHER_CTX_ctrl() makes the same of its arguments, at twice the cost.
std::array<OSSL_PARAM, 2> tag_parameter(std::uint8_t* tag) {
  return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, kAeadTagSize),
          OSSL_PARAM_construct_end()};
}

internal::CipherContext make_context(AeadAlgorithm algorithm, base::Bytes key, int encrypt) {
  initialize();
  CHECK(key.size() == key_size(algorithm));
  const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, row_of(algorithm).name, nullptr));
  CHECK(cipher != nullptr);
  internal::CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr, encrypt, nullptr) ==
        1);
  return context;
}

}  // namespace

void internal::FreeCipherContext::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

std::optional<AeadAlgorithm> aead_by_name(std::string_view name) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (::strcasecmp(std::string(name).c_str(), row.name) == 0) return row.algorithm;
  }
  return std::nullopt;
}

std::string_view name_of(AeadAlgorithm algorithm) {
  return row_of(algorithm).name;
}
std::size_t key_size(AeadAlgorithm algorithm) {
  return row_of(algorithm).key_size;
}

AeadSealer::AeadSealer(AeadAlgorithm algorithm, base::Bytes key)
    : context_(make_context(algorithm, key, /*encrypt=*/1)) {}

void AeadSealer::seal(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                      AeadTag tag) {
  EVP_CIPHER_CTX* const context = context_.get();
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context, nullptr, &written, associated.data(),
                          static_cast<int>(associated.size())) == 1);
  CHECK(EVP_EncryptUpdate(context, data.data(), &written, data.data(),
                          static_cast<int>(data.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context, nullptr, &written) == 1);
  auto wanted = tag_parameter(tag.data());
  CHECK(EVP_CIPHER_CTX_get_params(context, wanted.data()) == 1);
}

AeadOpener::AeadOpener(AeadAlgorithm algorithm, base::Bytes key)
    : context_(make_context(algorithm, key, /*encrypt=*/0)) {}

bool AeadOpener::open(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                      base::Bytes tag) {
  if (tag.size() != kAeadTagSize) return false;
  EVP_CIPHER_CTX* const context = context_.get();
  int written = 0;
  // OpenSSL takes the expected tag through a non-const pointer but only reads it.
  const auto expected = tag_parameter(const_cast<std::uint8_t*>(tag.data()));
  CHECK(EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1);
  CHECK(EVP_CIPHER_CTX_set_params(context, expected.data()) == 1);
  CHECK(EVP_DecryptUpdate(context, nullptr, &written, associated.data(),
                          static_cast<int>(associated.size())) == 1);
  CHECK(EVP_DecryptUpdate(context, data.data(), &written, data.data(),
                          static_cast<int>(data.size())) == 1);
  return EVP_DecryptFinal_ex(context, nullptr, &written) == 1;
}

}  // namespace sallyport::crypto
