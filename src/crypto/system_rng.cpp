#include "crypto/system_rng.h"

#include <openssl/rand.h>

#include "base/check.h"
#include "crypto/initialize.h"

namespace sallyport::crypto {

void SystemRng::fill(base::MutableBytes out) {
  initialize();
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace sallyport::crypto
