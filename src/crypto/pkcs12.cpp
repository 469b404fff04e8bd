#include "crypto/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>

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

// There are two ways to have no passphrase, and files without anything that a passphrase protects.
bool opens(PKCS12* file, const base::SecretBytes& terminated) {
  if (PKCS12_mac_present(file) == 0) return true;
  const auto* const text = reinterpret_cast<const char*>(terminated.reveal().data());
  const int length = static_cast<int>(terminated.size()) - 1;
  return PKCS12_verify_mac(file, text, length) == 1 ||
         (length == 0 && PKCS12_verify_mac(file, nullptr, 0) == 1);
}

std::unexpected<Pkcs12Error> failed(std::string text, bool locked = false) {
  ERR_clear_error();
  return std::unexpected(Pkcs12Error{std::move(text), locked});
}

// PKCS12_parse() wants its passphrase to end in a NUL.
base::SecretBytes with_nul(std::string_view text) {
  base::SecretBytes terminated(text.size() + 1);
  std::ranges::copy(text, terminated.reveal_mutable().begin());
  return terminated;
}

}  // namespace

std::expected<Pkcs12, Pkcs12Error> read_pkcs12(base::Bytes der, std::string_view passphrase) {
  initialize();
  const unsigned char* at = der.data();
  const UniquePkcs12 file(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  if (file == nullptr) return failed("it is no PKCS#12 file");
  const base::SecretBytes terminated = with_nul(passphrase);
  if (!opens(file.get(), terminated)) {
    return failed(
        passphrase.empty() ? "it is protected by a passphrase" : "the passphrase is wrong", true);
  }
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  const int parsed =
      PKCS12_parse(file.get(), reinterpret_cast<const char*>(terminated.reveal().data()), &key,
                   &certificate, &others);
  const UniquePkey owned_key(key);
  const UniqueX509 owned_certificate(certificate);
  const UniqueCertificates owned_others(others);
  if (parsed != 1) {
    return failed(
        "it is encrypted in an old way that OpenSSL no longer reads; print it with 'openssl pkcs12"
        " -legacy -nodes -in FILE', and use that PEM as cert, key and ca");
  }
  if (key == nullptr || certificate == nullptr)
    return failed("there is no certificate with its key in it");

  Pkcs12 content;
  append_pem(content.certificate_pem, certificate);
  for (int i = 0; i < sk_X509_num(others); ++i)
    append_pem(content.ca_pem, sk_X509_value(others, i));
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  // There are kinds of keys that the library can read, and not write.
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failed("its key is of a kind that cannot be used");
  ERR_clear_error();
  content.key_pem = content_of(bio.get());
  return content;
}

}  // namespace sallyport::crypto
