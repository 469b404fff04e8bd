#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include <string>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {

void Hmac::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;
Hmac::~Hmac() = default;

Hmac::Hmac(Digest digest, base::Bytes key) : size_(digest.size()) {
  initialize();
  static const UniqueMac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  CHECK(mac != nullptr);
  context_.reset(EVP_MAC_CTX_new(mac.get()));
  std::string name(digest.name());
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_init(context_.get(), key.data(), key.size(), params) == 1);
}

void Hmac::compute(std::initializer_list<base::Bytes> parts, base::MutableBytes out) {
  CHECK(out.size() >= size_);
  CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
  for (const base::Bytes part : parts)
    CHECK(EVP_MAC_update(context_.get(), part.data(), part.size()) == 1);
  std::size_t written = 0;
  CHECK(EVP_MAC_final(context_.get(), out.data(), &written, size_) == 1);
}

}  // namespace sallyport::crypto
