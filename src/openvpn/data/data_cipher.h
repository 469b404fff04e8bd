// The ciphers of the data channel by OpenVPN's names (docs/protocol.md, "Data channel"). AEAD ones
// come first in every list of ours; AES in CBC mode is for servers that know nothing better.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "crypto/aead.h"

namespace sallyport::openvpn {

enum class DataCipher {
  kAes128Gcm,
  kAes192Gcm,
  kAes256Gcm,
  kChaCha20Poly1305,
  kAes128Cbc,
  kAes192Cbc,
  kAes256Cbc,
};

// In any case: "AES-256-GCM", "aes-128-cbc" ... Empty for unknown ones, and for what this machine's
// library lacks.
std::optional<DataCipher> data_cipher_by_name(std::string_view name);
bool is_available(DataCipher cipher);
std::string_view name_of(DataCipher cipher);
// Octets.
std::size_t key_size(DataCipher cipher);
// Empty for CBC, which needs the digest of `auth` besides.
std::optional<crypto::AeadAlgorithm> aead_of(DataCipher cipher);

}  // namespace sallyport::openvpn
