#include "crypto/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

using UniquePkcs12 = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
struct FreeCertificates {
  void operator()(STACK_OF(X509) * certificates) const {
    sk_X509_pop_free(certificates, X509_free);
  }
};
using UniqueCertificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

base::SecretBytes content_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return base::SecretBytes(std::string_view(data, static_cast<std::size_t>(length)));
}

void append_pem(std::string& pem, X509* certificate) {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  pem += content_of(bio.get()).reveal_text();
}

}  // namespace

std::expected<Pkcs12, std::string> read_pkcs12(base::Bytes der) {
  initialize();
  const unsigned char* at = der.data();
  const UniquePkcs12 file(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  if (file == nullptr) {
    ERR_clear_error();
    return std::unexpected("it is no PKCS#12 file");
  }
  // There are two ways to have no passphrase.
  if (PKCS12_verify_mac(file.get(), "", 0) != 1 && PKCS12_verify_mac(file.get(), nullptr, 0) != 1) {
    ERR_clear_error();
    return std::unexpected(
        "it is protected by a passphrase; take that off with 'openssl pkcs12 -in FILE -nodes', and"
        " use the PEM that it prints as cert, key and ca");
  }
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  const int parsed = PKCS12_parse(file.get(), "", &key, &certificate, &others);
  const UniquePkey owned_key(key);
  const UniqueX509 owned_certificate(certificate);
  const UniqueCertificates owned_others(others);
  ERR_clear_error();
  if (parsed != 1) {
    return std::unexpected(
        "it is encrypted in an old way that OpenSSL no longer reads; convert it with 'openssl "
        "pkcs12"
        " -legacy'");
  }
  if (key == nullptr || certificate == nullptr)
    return std::unexpected("there is no certificate with its key in it");

  Pkcs12 content;
  append_pem(content.certificate_pem, certificate);
  for (int i = 0; i < sk_X509_num(others); ++i)
    append_pem(content.ca_pem, sk_X509_value(others, i));
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  // There are kinds of keys that the library can read, and not write.
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return std::unexpected("its key is of a kind that cannot be used");
  }
  content.key_pem = content_of(bio.get());
  return content;
}

}  // namespace sallyport::crypto
