// A hash function chosen by name: OpenVPN's `auth` option takes any that the crypto library has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

struct evp_md_st;

namespace sallyport::crypto {

class Digest {
 public:
  static constexpr std::size_t kMaxSize = 64;
  // The largest block of any digest: SHA3-224.
  static constexpr std::size_t kMaxBlock = 144;

  // Names as OpenSSL knows them, in any case ("sha256", "SHA1", "SHA2-512", "RSA-SHA256" ...).
  // Empty for unknown names, for what no provider of this machine implements, and for functions
  // that make no HMAC: those of extendable output, or with a block smaller than what they put out.
  static std::optional<Digest> by_name(std::string_view name);
  // Not where only the algorithms of FIPS 140 are allowed.
  static std::optional<Digest> md5();
  static Digest sha1();
  static Digest sha256();

  // The canonical name, as OpenVPN prints it: "SHA256".
  std::string_view name() const;
  // Octets of output, at most kMaxSize.
  std::size_t size() const;

  const evp_md_st* handle() const { return handle_; }
  friend bool operator==(const Digest&, const Digest&) = default;

 private:
  explicit Digest(const evp_md_st* handle) : handle_(handle) {}
  const evp_md_st* handle_;  // static, owned by OpenSSL
};

// `digest.size()` bytes.
std::vector<std::uint8_t> hash(Digest digest, base::Bytes data);
std::array<std::uint8_t, 32> sha256(base::Bytes data);

}  // namespace sallyport::crypto
