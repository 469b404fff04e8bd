// The keys of the vectors that OpenVPN publishes (tests/unit/openvpn/vectors.h): fuzz targets use
// them, so that real packets in a corpus get past the tags.
#pragma once

#include "openvpn/wire/tls_crypt_v2_key.h"
#include "unit/openvpn/vectors.h"

namespace sallyport::fuzz {

inline openvpn::StaticKey static_key() {
  return openvpn::vectors::static_key();
}

// 00 01 .. 7f.
inline openvpn::TlsCryptV2ServerKey server_key() {
  return openvpn::TlsCryptV2ServerKey(
      openvpn::vectors::counting_bytes(openvpn::TlsCryptV2ServerKey::kSize));
}

}  // namespace sallyport::fuzz
