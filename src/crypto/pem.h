// PEM blocks by label: OpenVPN keeps tls-crypt-v2 keys in PEM with labels of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace sallyport::crypto {

// The decoded content of the first block labelled `label` ("-----BEGIN <label>-----"); text around
// it is skipped. Empty when there is no such block or it is not well formed.
std::optional<base::SecretBytes> pem_decode(std::string_view text, std::string_view label);

base::SecretBytes pem_encode(base::Bytes content, std::string_view label);

}  // namespace sallyport::crypto
