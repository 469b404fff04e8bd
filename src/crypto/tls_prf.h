// The TLS 1.0 pseudo-random function (RFC 2246 section 5): P_MD5 xor P_SHA1. Long dead in TLS,
// alive in OpenVPN's key method 2, where it derives data keys from values that TLS has already
// protected. Made from HMAC here because the libraries' own version goes away with MD5 in FIPS
// builds.
#pragma once

#include "base/bytes.h"

namespace sallyport::crypto {

void tls1_prf(base::Bytes secret, base::Bytes seed, base::MutableBytes out);

}  // namespace sallyport::crypto
