#include "crypto/initialize.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "base/check.h"

namespace sallyport::crypto {

void initialize() {
  static const bool done = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1 &&
                           OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  CHECK(done);
}

}  // namespace sallyport::crypto
