// For SHA256_CTX, whose state can be copied as it stands: of a context of the newer interface that
// takes two allocations, for every message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hmac.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;

SHA256_CTX state_of(base::Bytes bytes) {
  SHA256_CTX state;
  std::memcpy(&state, bytes.data(), sizeof state);
  return state;
}

// SHA-256 after `pad`, whose size is that of a block, for state_of().
void keep_state(base::Bytes pad, base::MutableBytes out) {
  SHA256_CTX state;
  CHECK(SHA256_Init(&state) == 1);
  CHECK(SHA256_Update(&state, pad.data(), pad.size()) == 1);
  std::memcpy(out.data(), &state, sizeof state);
  OPENSSL_cleanse(&state, sizeof state);
}

void sha256_hmac(base::Bytes inner, base::Bytes outer, std::initializer_list<base::Bytes> parts,
                 base::MutableBytes out) {
  SHA256_CTX state = state_of(inner);
  for (const base::Bytes part : parts) SHA256_Update(&state, part.data(), part.size());
  SHA256_Final(out.data(), &state);
  state = state_of(outer);
  SHA256_Update(&state, out.data(), SHA256_DIGEST_LENGTH);
  SHA256_Final(out.data(), &state);
  OPENSSL_cleanse(&state, sizeof state);
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
  static_assert(sizeof(SHA256_CTX) <= Digest::kMaxBlock);
  initialize();
  block_ = static_cast<std::size_t>(EVP_MD_get_block_size(digest.handle()));
  CHECK(size_ <= block_ && block_ <= Digest::kMaxBlock);
  const base::SecretBytes hashed(key.size() > block_ ? hash(digest, key)
                                                     : std::vector<std::uint8_t>{});
  if (!hashed.empty()) key = hashed.reveal();
  const auto pad = [&](std::uint8_t value, base::MutableBytes out) {
    std::ranges::fill(out, value);
    for (std::size_t i = 0; i < key.size(); ++i) out[i] ^= key[i];
  };
  pad(kInnerPad, inner_.reveal_mutable());
  pad(kOuterPad, outer_.reveal_mutable());
  if (digest == Digest::sha256()) {
    for (auto* each : {&inner_, &outer_})
      keep_state(each->clone().reveal().first(block_), each->reveal_mutable());
    return;
  }
  // With its implementation, which the handles of Digest are without.
  digest_.reset(EVP_MD_fetch(nullptr, std::string(digest.name()).c_str(), nullptr));
  context_.reset(EVP_MD_CTX_new());
  CHECK(digest_ != nullptr && context_ != nullptr);
}

void Hmac::begin(const base::SecretArray<Digest::kMaxBlock>& pad) {
  CHECK(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1);
  CHECK(EVP_DigestUpdate(context_.get(), pad.reveal().data(), block_) == 1);
}

void Hmac::compute(std::initializer_list<base::Bytes> parts, base::MutableBytes out) {
  CHECK(out.size() >= size_);
  if (context_ == nullptr) return sha256_hmac(inner_.reveal(), outer_.reveal(), parts, out);
  begin(inner_);
  for (const base::Bytes part : parts)
    CHECK(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
  begin(outer_);
  CHECK(EVP_DigestUpdate(context_.get(), out.data(), size_) == 1);
  CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
}

}  // namespace sallyport::crypto
