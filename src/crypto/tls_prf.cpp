#include "crypto/tls_prf.h"

#include <algorithm>
#include <array>

#include "base/secret.h"
#include "crypto/hmac.h"

namespace sallyport::crypto {
namespace {

// RFC 2246 section 5: "P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret,
// A(2) + seed) + ..." xored onto `out`.
void xor_p_hash(Digest digest, base::Bytes secret, base::Bytes seed, base::MutableBytes out) {
  Hmac hmac(digest, secret);
  base::SecretArray<Digest::kMaxSize> a;
  base::SecretArray<Digest::kMaxSize> block;
  const base::MutableBytes a_bytes = a.reveal_mutable().first(hmac.size());
  const base::MutableBytes block_bytes = block.reveal_mutable().first(hmac.size());
  hmac.compute({seed}, a_bytes);
  while (!out.empty()) {
    hmac.compute({a_bytes, seed}, block_bytes);
    const std::size_t step = std::min(out.size(), hmac.size());
    for (std::size_t i = 0; i < step; ++i) out[i] ^= block_bytes[i];
    out = out.subspan(step);
    hmac.compute({a_bytes}, a_bytes);
  }
}

}  // namespace

bool tls1_prf(base::Bytes secret, base::Bytes seed, base::MutableBytes out) {
  const auto md5 = Digest::md5(), sha1 = Digest::by_name("SHA1");
  if (!md5 || !sha1) return false;
  std::ranges::fill(out, std::uint8_t{0});
  // "S1 and S2 are the two halves of the secret; each is the same length ... the one extra byte is
  // shared"
  const std::size_t half = (secret.size() + 1) / 2;
  xor_p_hash(*md5, secret.first(half), seed, out);
  xor_p_hash(*sha1, secret.last(half), seed, out);
  return true;
}

}  // namespace sallyport::crypto
