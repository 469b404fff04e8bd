// PKCS #12 files: a certificate, its key and perhaps those of its authorities in one.
#pragma once

#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"

namespace sallyport::crypto {

struct Pkcs12 {
  std::string certificate_pem;
  base::SecretBytes key_pem;
  std::string ca_pem;  // the other certificates in it; may be empty
};

// `der` is the file's content. Only files without a passphrase are read. The error is a clause with
// a remedy.
std::expected<Pkcs12, std::string> read_pkcs12(base::Bytes der);

}  // namespace sallyport::crypto
