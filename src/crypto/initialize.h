// OpenSSL without its surroundings: no openssl.cnf, no OPENSSL_CONF, no engines (a file or a
// variable of the environment must not change what our cryptography does).
#pragma once

namespace sallyport::crypto {

// Idempotent and cheap; everything in this layer that touches OpenSSL first calls it before.
void initialize();

}  // namespace sallyport::crypto
