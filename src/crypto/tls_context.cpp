#include "crypto/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/initialize.h"

namespace sallyport::crypto {
namespace {

using Outcome = std::expected<void, std::string>;

// Nothing here may ask a terminal for a passphrase: who has an encrypted key opens it before
// (private_key.h).
int no_passphrase(char*, int, int, void*) {
  return 0;
}

UniqueBio bio_of(std::string_view text) {
  return UniqueBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Calls take(X509*) for every certificate of `pem`; false when there is none or one does not parse.
template <class Take>
bool each_certificate(std::string_view pem, Take take) {
  const UniqueBio bio = bio_of(pem);
  bool any = false;
  while (
      const UniqueX509 certificate{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    any = true;
    if (!take(certificate.get())) return false;
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return any && ended;
}

Outcome trust_ca(SSL_CTX* context, const TlsConfig& config) {
  if (config.ca_pem.empty()) return {};
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  if (!each_certificate(config.ca_pem,
                        [&](X509* ca) { return X509_STORE_add_cert(store, ca) == 1; })) {
    return std::unexpected("ca: no readable PEM certificate in it");
  }
  if (config.role == TlsRole::kServer) {
    each_certificate(config.ca_pem,
                     [&](X509* ca) { return SSL_CTX_add_client_CA(context, ca) == 1; });
  }
  return {};
}

Outcome use_crl(SSL_CTX* context, const TlsConfig& config) {
  if (config.crl_pem.empty()) return {};
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  const UniqueBio bio = bio_of(config.crl_pem);
  bool any = false;
  while (
      const UniqueX509Crl crl{PEM_read_bio_X509_CRL(bio.get(), nullptr, no_passphrase, nullptr)}) {
    any = true;
    X509_STORE_add_crl(store, crl.get());
  }
  ERR_clear_error();
  if (!any) return std::unexpected("crl-verify: no readable PEM revocation list in it");
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

Outcome use_own_certificate(SSL_CTX* context, const TlsConfig& config) {
  if (config.certificate_pem.empty()) return {};
  bool leaf = true;
  const bool certificates = each_certificate(config.certificate_pem, [&](X509* certificate) {
    if (leaf) {
      leaf = false;
      return SSL_CTX_use_certificate(context, certificate) == 1;
    }
    return SSL_CTX_add1_chain_cert(context, certificate) == 1;
  });
  if (!certificates)
    return std::unexpected("cert: no usable PEM certificate in it (" + take_openssl_error() + ")");
  if (!config.extra_certs_pem.empty() &&
      !each_certificate(config.extra_certs_pem, [&](X509* extra) {
        return SSL_CTX_add1_chain_cert(context, extra) == 1;
      })) {
    return std::unexpected("extra-certs: no readable PEM certificate in it");
  }
  const UniqueBio bio = bio_of(config.key_pem.reveal_text());
  const UniquePkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    return std::unexpected("key: no readable PEM private key in it");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return std::unexpected("key: does not belong to the certificate in cert");
  }
  return {};
}

// Groups the library does not know are left out, as OpenVPN does: lists in profiles outlive library
// versions.
Outcome use_groups(SSL_CTX* context, const std::string& groups) {
  if (groups.empty()) return {};
  const UniqueSslCtx trial(SSL_CTX_new(TLS_method()));
  if (trial == nullptr) return std::unexpected("tls-groups: " + take_openssl_error());
  std::string known;
  for (std::string_view rest = groups; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (SSL_CTX_set1_groups_list(trial.get(), std::string(name).c_str()) != 1) continue;
    known += (known.empty() ? "" : ":") + std::string(name);
  }
  ERR_clear_error();
  if (known.empty() || SSL_CTX_set1_groups_list(context, known.c_str()) != 1) {
    return std::unexpected("tls-groups: none of '" + groups + "' is known");
  }
  return {};
}

Outcome use_suites(SSL_CTX* context, const TlsConfig& config) {
  // Forward secrecy and authentication always; what the profile adds can only choose among the
  // rest.
  const std::string list = config.cipher_list.empty()
                               ? "DEFAULT:!EXP:!LOW:!MEDIUM:!kDH:!kECDH:!kRSA:!DSS:!PSK:!SRP"
                               : openssl_cipher_list(config.cipher_list) + ":!aNULL:!eNULL";
  if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) {
    ERR_clear_error();
    return std::unexpected("tls-cipher: none of '" + config.cipher_list + "' is available");
  }
  if (!config.ciphersuites.empty()) {
    std::string suites = config.ciphersuites;
    std::ranges::replace(suites, '-', '_');
    if (SSL_CTX_set_ciphersuites(context, suites.c_str()) != 1) {
      ERR_clear_error();
      return std::unexpected("tls-ciphersuites: none of '" + config.ciphersuites +
                             "' is available");
    }
  }
  return use_groups(context, config.groups);
}

int openssl_version(TlsVersion version) {
  return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no details" : reason;
}

std::expected<UniqueSslCtx, std::string> make_ssl_context(const TlsConfig& config) {
  initialize();
  UniqueSslCtx context(
      SSL_CTX_new(config.role == TlsRole::kClient ? TLS_client_method() : TLS_server_method()));
  if (context == nullptr)
    return std::unexpected("this system's OpenSSL has no TLS (" + take_openssl_error() + ")");
  SSL_CTX_set_security_level(context.get(), static_cast<int>(config.profile));
  if (SSL_CTX_set_min_proto_version(context.get(), openssl_version(config.version_min)) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), openssl_version(config.version_max)) != 1) {
    return std::unexpected("tls-version-min: this system's OpenSSL lacks that version (" +
                           take_openssl_error() + ")");
  }
  // No renegotiation, no tickets or sessions, no compression.
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify_depth(context.get(), 16);
  if (config.role == TlsRole::kServer) SSL_CTX_set_dh_auto(context.get(), 1);
  for (const Outcome& outcome :
       {use_suites(context.get(), config), trust_ca(context.get(), config),
        use_crl(context.get(), config), use_own_certificate(context.get(), config)}) {
    if (!outcome) return std::unexpected(outcome.error());
  }
  return context;
}

}  // namespace sallyport::crypto
