// Private keys in PEM that are encrypted with a passphrase: PKCS #8's ("ENCRYPTED PRIVATE KEY") and
// the older form with "Proc-Type: 4,ENCRYPTED" inside.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace sallyport::crypto {

// True when there is a private key in `pem` that wants a passphrase.
bool is_encrypted_key(std::string_view pem);

// The private key in `pem` without its encryption, as PEM. The error is a clause with a remedy.
std::expected<base::SecretBytes, std::string> decrypt_key(std::string_view pem,
                                                          std::string_view passphrase);

}  // namespace sallyport::crypto
