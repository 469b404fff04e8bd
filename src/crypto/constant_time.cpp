#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace sallyport::crypto {

bool constant_time_equal(base::Bytes one, base::Bytes other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace sallyport::crypto
