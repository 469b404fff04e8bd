// RAII for OpenSSL's handles. Included by this folder's .cpp files only: no OpenSSL type leaves the
// layer.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace sallyport::crypto {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using UniqueBio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using UniqueCipher = std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>>;
using UniqueDigest = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;
using UniqueMac = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using UniquePkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using UniqueX509 = std::unique_ptr<X509, Deleter<X509_free>>;
using UniqueX509Stack =
    std::unique_ptr<STACK_OF(X509),
                    Deleter<[](STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }>>;
using UniqueX509StoreCtx = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using UniqueX509Crl = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using UniqueSslCtx = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using UniqueSsl = std::unique_ptr<SSL, Deleter<SSL_free>>;

}  // namespace sallyport::crypto
