// PKCS #12 files: a certificate, its key and perhaps those of its authorities in one.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace sallyport::crypto {

struct Pkcs12 {
  std::string certificate_pem;
  base::SecretBytes key_pem;
  std::string ca_pem;  // the other certificates in it; may be empty
};

struct Pkcs12Error {
  std::string text;     // a clause with a remedy
  bool locked = false;  // it wants another passphrase
};

// `der` is the file's content. An empty passphrase is none.
std::expected<Pkcs12, Pkcs12Error> read_pkcs12(base::Bytes der, std::string_view passphrase = {});

}  // namespace sallyport::crypto
