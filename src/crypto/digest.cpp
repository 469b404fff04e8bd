#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <string>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {

std::optional<Digest> Digest::by_name(std::string_view name) {
  initialize();
  const EVP_MD* const handle = EVP_get_digestbyname(std::string(name).c_str());
  if (handle == nullptr || (EVP_MD_get_flags(handle) & EVP_MD_FLAG_XOF) != 0) return std::nullopt;
  const int size = EVP_MD_get_size(handle), block = EVP_MD_get_block_size(handle);
  if (size <= 0 || size > static_cast<int>(kMaxSize) || block < size ||
      block > static_cast<int>(kMaxBlock))
    return std::nullopt;
  // The library knows names of more digests than it has.
  const UniqueDigest implemented(EVP_MD_fetch(nullptr, EVP_MD_get0_name(handle), nullptr));
  ERR_clear_error();
  if (implemented == nullptr) return std::nullopt;
  return Digest(handle);
}

std::optional<Digest> Digest::md5() {
  return by_name("MD5");
}
Digest Digest::sha1() {
  return Digest(EVP_sha1());
}
Digest Digest::sha256() {
  return Digest(EVP_sha256());
}

std::string_view Digest::name() const {
  return EVP_MD_get0_name(handle_);
}

std::size_t Digest::size() const {
  return static_cast<std::size_t>(EVP_MD_get_size(handle_));
}

std::vector<std::uint8_t> hash(Digest digest, base::Bytes data) {
  initialize();
  std::vector<std::uint8_t> out(digest.size());
  unsigned length = 0;
  CHECK(EVP_Digest(data.data(), data.size(), out.data(), &length, digest.handle(), nullptr) == 1);
  return out;
}

std::array<std::uint8_t, 32> sha256(base::Bytes data) {
  initialize();
  std::array<std::uint8_t, 32> out{};
  unsigned length = 0;
  CHECK(EVP_Digest(data.data(), data.size(), out.data(), &length, EVP_sha256(), nullptr) == 1);
  return out;
}

}  // namespace sallyport::crypto
