#include "crypto/hmac.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;

EVP_MD* fetch(std::string_view name) {
  EVP_MD* const digest = EVP_MD_fetch(nullptr, std::string(name).c_str(), nullptr);
  CHECK(digest != nullptr);
  return digest;
}

// With its implementation, which the handles of Digest are without. Nearly all are of one kind.
EVP_MD* implementation_of(Digest digest) {
  static EVP_MD* const sha256 = fetch(Digest::sha256().name());
  if (digest != Digest::sha256()) return fetch(digest.name());
  CHECK(EVP_MD_up_ref(sha256) == 1);
  return sha256;
}

}  // namespace

void Hmac::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}
void Hmac::Free::operator()(evp_md_st* digest) const {
  EVP_MD_free(digest);
}
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;
Hmac::~Hmac() = default;

Hmac::Hmac(Digest digest, base::Bytes key) : size_(digest.size()) {
  initialize();
  digest_.reset(implementation_of(digest));
  context_.reset(EVP_MD_CTX_new());
  CHECK(context_ != nullptr);
  block_ = static_cast<std::size_t>(EVP_MD_get_block_size(digest_.get()));
  CHECK(size_ <= block_ && block_ <= kMaxBlock);
  const base::SecretBytes hashed(key.size() > block_ ? hash(digest, key)
                                                     : std::vector<std::uint8_t>{});
  if (!hashed.empty()) key = hashed.reveal();
  const auto pad = [&](std::uint8_t value, base::MutableBytes out) {
    std::ranges::fill(out, value);
    for (std::size_t i = 0; i < key.size(); ++i) out[i] ^= key[i];
  };
  pad(kInnerPad, inner_.reveal_mutable());
  pad(kOuterPad, outer_.reveal_mutable());
}

void Hmac::begin(const base::SecretArray<kMaxBlock>& pad) {
  CHECK(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1);
  CHECK(EVP_DigestUpdate(context_.get(), pad.reveal().data(), block_) == 1);
}

void Hmac::compute(std::initializer_list<base::Bytes> parts, base::MutableBytes out) {
  CHECK(out.size() >= size_);
  begin(inner_);
  for (const base::Bytes part : parts)
    CHECK(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
  begin(outer_);
  CHECK(EVP_DigestUpdate(context_.get(), out.data(), size_) == 1);
  CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
}

}  // namespace sallyport::crypto
