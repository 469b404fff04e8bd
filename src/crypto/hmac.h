// HMAC (RFC 2104) with a key that stays loaded between messages. It is made of the library's
// digest: the library's own HMAC looks its digest up by name for every key and allocates for every
// message, which costs a server under a flood more than the hashing.
#pragma once

#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/digest.h"

struct evp_md_ctx_st;

namespace sallyport::crypto {

class Hmac {
 public:
  // `key` is copied, and wiped with the object.
  Hmac(Digest digest, base::Bytes key);
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  ~Hmac();

  // The MAC over the concatenation of `parts`, written to the first size() bytes of `out`.
  void compute(std::initializer_list<base::Bytes> parts, base::MutableBytes out);
  std::size_t size() const { return size_; }

 private:
  // The largest block of any digest: SHA3-224.
  static constexpr std::size_t kMaxBlock = 144;

  struct Free {
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* digest) const;
  };
  void begin(const base::SecretArray<kMaxBlock>& pad);

  std::unique_ptr<evp_md_st, Free> digest_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  std::size_t size_;
  std::size_t block_;
  base::SecretArray<kMaxBlock> inner_, outer_;  // the key under its two pads
};

}  // namespace sallyport::crypto
