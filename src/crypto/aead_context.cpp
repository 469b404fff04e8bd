#include "crypto/aead_context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/initialize.h"

namespace sallyport::crypto::internal {
namespace {

// The names of one algorithm stand together with colons in between.
bool has_name(std::string_view names, const char* wanted) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(':'));
    if (::strcasecmp(std::string(name).c_str(), wanted) == 0) return true;
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return false;
}

// What a provider has for one operation.
class Operation {
 public:
  Operation(const OSSL_PROVIDER* provider, int id)
      : provider_(provider),
        id_(id),
        algorithms_(OSSL_PROVIDER_query_operation(provider, id, &no_cache_)) {}
  ~Operation() { OSSL_PROVIDER_unquery_operation(provider_, id_, algorithms_); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  const OSSL_DISPATCH* functions_of(const char* name) const {
    for (auto* each = algorithms_; each != nullptr && each->algorithm_names != nullptr; ++each)
      if (has_name(each->algorithm_names, name)) return each->implementation;
    return nullptr;
  }

 private:
  const OSSL_PROVIDER* provider_;
  int id_;
  int no_cache_ = 0;
  const OSSL_ALGORITHM* algorithms_;
};

const OSSL_DISPATCH* function(const OSSL_DISPATCH* functions, int id) {
  while (functions->function_id != 0 && functions->function_id != id) ++functions;
  CHECK(functions->function_id == id);
  return functions;
}

std::array<OSSL_PARAM, 2> tag_parameter(std::uint8_t* tag) {
  return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, kAeadTagSize),
          OSSL_PARAM_construct_end()};
}

}  // namespace

AeadContext::AeadContext(const char* name, base::Bytes key, Direction direction) {
  initialize();
  cipher_.reset(EVP_CIPHER_fetch(nullptr, name, nullptr));
  CHECK(cipher_ != nullptr && EVP_CIPHER_get_iv_length(cipher_.get()) == kAeadNonceSize);
  const OSSL_PROVIDER* const provider = EVP_CIPHER_get0_provider(cipher_.get());
  const Operation ciphers(provider, OSSL_OP_CIPHER);
  const OSSL_DISPATCH* const functions = ciphers.functions_of(name);
  CHECK(functions != nullptr);
  const bool seals = direction == Direction::kSeal;
  init_ = seals ? OSSL_FUNC_cipher_encrypt_init(function(functions, OSSL_FUNC_CIPHER_ENCRYPT_INIT))
                : OSSL_FUNC_cipher_decrypt_init(function(functions, OSSL_FUNC_CIPHER_DECRYPT_INIT));
  update_ = OSSL_FUNC_cipher_update(function(functions, OSSL_FUNC_CIPHER_UPDATE));
  final_ = OSSL_FUNC_cipher_final(function(functions, OSSL_FUNC_CIPHER_FINAL));
  get_params_ =
      OSSL_FUNC_cipher_get_ctx_params(function(functions, OSSL_FUNC_CIPHER_GET_CTX_PARAMS));
  free_ = OSSL_FUNC_cipher_freectx(function(functions, OSSL_FUNC_CIPHER_FREECTX));
  state_ = OSSL_FUNC_cipher_newctx(function(functions, OSSL_FUNC_CIPHER_NEWCTX))(
      OSSL_PROVIDER_get0_provider_ctx(provider));
  CHECK(state_ != nullptr);
  CHECK(init_(state_, key.data(), key.size(), nullptr, 0, nullptr) == 1);
}

AeadContext::~AeadContext() {
  free_(state_);
}

void AeadContext::seal(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                       AeadTag tag) {
  CHECK(init_(state_, nullptr, 0, nonce.data(), nonce.size(), nullptr) == 1);
  run(associated, data);
  std::size_t written = 0;
  CHECK(final_(state_, nullptr, &written, 0) == 1);
  auto wanted = tag_parameter(tag.data());
  CHECK(get_params_(state_, wanted.data()) == 1);
}

bool AeadContext::open(AeadNonce nonce, base::Bytes associated, base::MutableBytes data,
                       base::Bytes tag) {
  if (tag.size() != kAeadTagSize) return false;
  // Taken through a pointer that is not const, but only read.
  const auto expected = tag_parameter(const_cast<std::uint8_t*>(tag.data()));
  CHECK(init_(state_, nullptr, 0, nonce.data(), nonce.size(), expected.data()) == 1);
  run(associated, data);
  std::size_t written = 0;
  return final_(state_, nullptr, &written, 0) == 1;
}

// Associated data come without a place for output, which has to be said to be large enough.
void AeadContext::run(base::Bytes associated, base::MutableBytes data) {
  std::size_t written = 0;
  CHECK(update_(state_, nullptr, &written, associated.size(), associated.data(),
                associated.size()) == 1);
  CHECK(update_(state_, data.data(), &written, data.size(), data.data(), data.size()) == 1);
  CHECK(written == data.size());
}

}  // namespace sallyport::crypto::internal
