#include "openvpn/data/data_cipher.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/check.h"
#include "crypto/cbc.h"

namespace sallyport::openvpn {
namespace {

struct CipherRow {
  DataCipher cipher;
  std::string_view name;
  std::size_t key_size;
  std::optional<crypto::AeadAlgorithm> aead;
};

constexpr std::array kCiphers{
    CipherRow{DataCipher::kAes128Gcm, "AES-128-GCM", 16, crypto::AeadAlgorithm::kAes128Gcm},
    CipherRow{DataCipher::kAes192Gcm, "AES-192-GCM", 24, crypto::AeadAlgorithm::kAes192Gcm},
    CipherRow{DataCipher::kAes256Gcm, "AES-256-GCM", 32, crypto::AeadAlgorithm::kAes256Gcm},
    CipherRow{DataCipher::kChaCha20Poly1305, "CHACHA20-POLY1305", 32,
              crypto::AeadAlgorithm::kChaCha20Poly1305},
    CipherRow{DataCipher::kAes128Cbc, "AES-128-CBC", 16, std::nullopt},
    CipherRow{DataCipher::kAes192Cbc, "AES-192-CBC", 24, std::nullopt},
    CipherRow{DataCipher::kAes256Cbc, "AES-256-CBC", 32, std::nullopt},
};

const CipherRow& row_of(DataCipher cipher) {
  const auto row = std::ranges::find(kCiphers, cipher, &CipherRow::cipher);
  CHECK(row != kCiphers.end());
  return *row;
}

bool same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::toupper(a) == std::toupper(b);
  });
}

}  // namespace

std::optional<DataCipher> data_cipher_by_name(std::string_view name) {
  for (const CipherRow& row : kCiphers) {
    if (same_name(row.name, name))
      return is_available(row.cipher) ? std::optional(row.cipher) : std::nullopt;
  }
  return std::nullopt;
}

bool is_available(DataCipher cipher) {
  const auto aead = aead_of(cipher);
  return aead ? crypto::is_available(*aead) : crypto::cbc_is_available(key_size(cipher));
}

std::string_view name_of(DataCipher cipher) {
  return row_of(cipher).name;
}

std::size_t key_size(DataCipher cipher) {
  return row_of(cipher).key_size;
}

std::optional<crypto::AeadAlgorithm> aead_of(DataCipher cipher) {
  return row_of(cipher).aead;
}

}  // namespace sallyport::openvpn
