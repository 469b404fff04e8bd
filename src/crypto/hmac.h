// HMAC (RFC 2104) with a key that stays loaded between messages.
#pragma once

#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "crypto/digest.h"

struct evp_mac_ctx_st;

namespace sallyport::crypto {

class Hmac {
 public:
  // `key` is copied into OpenSSL's context and wiped with it.
  Hmac(Digest digest, base::Bytes key);
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  ~Hmac();

  // The MAC over the concatenation of `parts`, written to the first size() bytes of `out`.
  void compute(std::initializer_list<base::Bytes> parts, base::MutableBytes out);
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
  std::size_t size_;
};

}  // namespace sallyport::crypto
