// OpenSSL behind the TlsEngine interface, over memory BIOs.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "crypto/tls.h"
#include "crypto/tls_config.h"

namespace sallyport::crypto {

// Checks all that can be checked before a connection: that PEM parses, the key fits the certificate
// and is not encrypted, the lists name something. The error is a sentence naming the option at
// fault.
std::expected<std::unique_ptr<TlsFactory>, std::string> make_tls_factory(TlsConfig config);

}  // namespace sallyport::crypto
