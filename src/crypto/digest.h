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

  // Names as OpenSSL knows them, in any case ("sha256", "SHA1", "SHA2-512", "RSA-SHA256" ...).
  // Empty for unknown names, and for extendable-output functions, which have no fixed size.
  static std::optional<Digest> by_name(std::string_view name);
  static Digest md5();
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
