// HMAC (RFC 2104) with a key that stays loaded between messages. It is made of the library's
// digests: its own HMAC looks a digest up for each key and allocates for each message, which costs
// a server under a flood more than the hashing does. SHA-256 has a path without any of that.
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
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* digest) const;
  };
  void begin(const base::SecretArray<Digest::kMaxBlock>& pad);

  std::unique_ptr<evp_md_st, Free> digest_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  std::size_t size_;
  std::size_t block_;
  base::SecretArray<Digest::kMaxBlock> inner_, outer_;  // the key's pads, or SHA-256 behind them
};

}  // namespace sallyport::crypto
