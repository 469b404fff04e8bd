// The TLS 1.0 pseudo-random function (RFC 2246 section 5): P_MD5 xor P_SHA1. Long dead in TLS,
// alive in OpenVPN's key method 2, where it derives data keys from values that TLS has already
// protected. Made from HMAC here, since some libraries lack it while they have both digests.
#pragma once

#include "base/bytes.h"

namespace sallyport::crypto {

// False, with nothing written, where this machine's library has no MD5 (FIPS 140).
[[nodiscard]] bool tls1_prf(base::Bytes secret, base::Bytes seed, base::MutableBytes out);

}  // namespace sallyport::crypto
