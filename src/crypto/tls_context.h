// Turns a TlsConfig into an SSL_CTX. Private to this layer.
#pragma once

#include <expected>
#include <string>

#include "crypto/openssl_handles.h"
#include "crypto/tls_config.h"

namespace sallyport::crypto {

std::expected<UniqueSslCtx, std::string> make_ssl_context(const TlsConfig& config);

// The text of OpenSSL's oldest queued error, and an empty queue after it.
std::string take_openssl_error();

}  // namespace sallyport::crypto
