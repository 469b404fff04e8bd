#include "crypto/aead.h"

#include <openssl/err.h>
#include <strings.h>

#include <array>
#include <string>

#include "base/check.h"
#include "crypto/aead_context.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

using internal::AeadContext;

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

internal::UniqueAeadContext make_context(AeadAlgorithm algorithm, base::Bytes key,
                                         AeadContext::Direction direction) {
  CHECK(key.size() == key_size(algorithm));
  return internal::UniqueAeadContext(new AeadContext(row_of(algorithm).name, key, direction));
}

}  // namespace

void internal::DeleteAeadContext::operator()(AeadContext* context) const {
  delete context;
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

bool is_available(AeadAlgorithm algorithm) {
  initialize();
  const UniqueCipher cipher(EVP_CIPHER_fetch(nullptr, row_of(algorithm).name, nullptr));
  ERR_clear_error();
  return cipher != nullptr;
}

AeadSealer::AeadSealer(AeadAlgorithm algorithm, base::Bytes key)
    : context_(make_context(algorithm, key, AeadContext::Direction::kSeal)) {}

void AeadSealer::seal(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                      AeadTag tag) {
  context_->seal(nonce, associated, data, tag);
}

AeadOpener::AeadOpener(AeadAlgorithm algorithm, base::Bytes key)
    : context_(make_context(algorithm, key, AeadContext::Direction::kOpen)) {}

bool AeadOpener::open(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                      base::Bytes tag) {
  return context_->open(nonce, associated, data, tag);
}

}  // namespace sallyport::crypto
