#include "crypto/tls_openssl.h"

#include <openssl/err.h>

#include "base/check.h"
#include "crypto/tls_context.h"

namespace sallyport::crypto {
namespace {

class OpenSslEngine final : public TlsEngine {
 public:
  // An engine may outlive its factory: a server's sessions are older than its newest settings.
  OpenSslEngine(SSL_CTX* context, std::shared_ptr<const TlsConfig> config, base::WallTime now);

  void receive(base::Bytes records) override;
  void start() override { advance(); }
  bool has_output() const override;
  std::size_t send(base::MutableBytes out) override;
  bool write(base::Bytes plaintext) override;
  std::size_t read(base::MutableBytes out) override;
  TlsState state() const override { return state_; }
  const TlsFailure& failure() const override { return failure_; }
  bool export_key(std::string_view label, base::MutableBytes out) override;
  std::optional<std::array<std::uint8_t, 32>> peer_fingerprint() const override;
  std::string peer_common_name() const override;
  CertificateChain peer_certificates() const override;
  std::string description() const override;

  // OpenSSL's certificate callback: 1 accepts.
  static int judge_certificate(X509_STORE_CTX* chain, void*);

 private:
  void advance();
  void fail(int ssl_result);
  bool judge(X509_STORE_CTX* chain);

  std::shared_ptr<const TlsConfig> config_;
  UniqueSsl ssl_;
  BIO* incoming_;  // owned by ssl_
  BIO* outgoing_;  // owned by ssl_
  TlsState state_ = TlsState::kHandshaking;
  TlsFailure failure_;
  std::string certificate_objection_;
};

// More than the longest push, with all around it.
constexpr std::size_t kMostUnsent = 512 * 1024;

int engine_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

OpenSslEngine::OpenSslEngine(SSL_CTX* context, std::shared_ptr<const TlsConfig> config,
                             base::WallTime now)
    : config_(std::move(config)),
      ssl_(SSL_new(context)),
      incoming_(BIO_new(BIO_s_mem())),
      outgoing_(BIO_new(BIO_s_mem())) {
  CHECK(ssl_ != nullptr && incoming_ != nullptr && outgoing_ != nullptr);
  SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  CHECK(SSL_set_ex_data(ssl_.get(), engine_index(), this) == 1);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_.get()), now.time_since_epoch().count());
  const int verify = !config_->request_peer_certificate ? SSL_VERIFY_NONE
                     : config_->require_peer_certificate
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER;
  SSL_set_verify(ssl_.get(), verify, nullptr);
  if (config_->role == TlsRole::kClient) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

int OpenSslEngine::judge_certificate(X509_STORE_CTX* chain, void*) {
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  return static_cast<OpenSslEngine*>(SSL_get_ex_data(ssl, engine_index()))->judge(chain) ? 1 : 0;
}

// What speaks against the certificate that `chain` is about, and those above it.
std::optional<std::string> objection_to_chain(const TlsConfig& config, X509_STORE_CTX* chain) {
  // With peer-fingerprint and no ca, the pinned leaf is the trust anchor; a self-signed one is the
  // normal case.
  const bool pinned_only = config.ca_pem.empty() && !config.peer.fingerprints.empty();
  if (!pinned_only && X509_verify_cert(chain) != 1) {
    const int error = X509_STORE_CTX_get_error(chain);
    return std::string(X509_verify_cert_error_string(error)) + " (certificate " +
           std::to_string(X509_STORE_CTX_get_error_depth(chain)) + " of its chain)";
  }
  if (auto objection = config.peer.objection(facts_of(X509_STORE_CTX_get0_cert(chain))))
    return objection;
  const STACK_OF(X509)* const links = X509_STORE_CTX_get0_chain(chain);
  return config.peer.objection_to_issuer(
      links != nullptr && sk_X509_num(links) > 1 ? sk_X509_value(links, 1) : nullptr);
}

bool OpenSslEngine::judge(X509_STORE_CTX* chain) {
  const auto objection = objection_to_chain(*config_, chain);
  if (!objection) return true;
  certificate_objection_ = *objection;
  if (X509_STORE_CTX_get_error(chain) == X509_V_OK)
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return false;
}

void OpenSslEngine::receive(base::Bytes records) {
  if (state_ == TlsState::kFailed || records.empty()) return;
  CHECK(BIO_write(incoming_, records.data(), static_cast<int>(records.size())) ==
        static_cast<int>(records.size()));
  advance();
}

void OpenSslEngine::advance() {
  if (state_ != TlsState::kHandshaking) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = TlsState::kEstablished;
  } else {
    fail(result);
  }
}

// Sets kFailed unless OpenSSL only waits for more bytes.
void OpenSslEngine::fail(int ssl_result) {
  const int error = SSL_get_error(ssl_.get(), ssl_result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  state_ = TlsState::kFailed;
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  if (!certificate_objection_.empty()) {
    failure_ = {TlsFailureKind::kCertificate,
                "the peer's certificate is refused: " + certificate_objection_};
  } else if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    const std::string alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
    failure_ = {TlsFailureKind::kAlertReceived, "the peer sent the TLS alert '" + alert + "'"};
  } else if (error == SSL_ERROR_ZERO_RETURN) {
    failure_ = {TlsFailureKind::kProtocol, "the peer closed the TLS session"};
  } else {
    failure_ = {TlsFailureKind::kProtocol, "TLS failed: " + take_openssl_error()};
  }
  ERR_clear_error();
}

bool OpenSslEngine::has_output() const {
  return BIO_ctrl_pending(outgoing_) != 0;
}

std::size_t OpenSslEngine::send(base::MutableBytes out) {
  const int moved = BIO_read(outgoing_, out.data(), static_cast<int>(out.size()));
  return moved > 0 ? static_cast<std::size_t>(moved) : 0;
}

bool OpenSslEngine::write(base::Bytes plaintext) {
  CHECK(state_ == TlsState::kEstablished && !plaintext.empty());
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
  if (result > 0) return true;
  fail(result);
  return false;
}

std::size_t OpenSslEngine::read(base::MutableBytes out) {
  if (state_ != TlsState::kEstablished || out.empty()) return 0;
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), out.data(), static_cast<int>(out.size()));
  // TLS answers some records by itself (KeyUpdate): whoever asks and takes no answer is not waited
  // for.
  if (BIO_ctrl_pending(outgoing_) > kMostUnsent) {
    state_ = TlsState::kFailed;
    failure_ = {TlsFailureKind::kProtocol, "the peer asks for answers, and takes none"};
    return 0;
  }
  if (result > 0) return static_cast<std::size_t>(result);
  fail(result);
  return 0;
}

bool OpenSslEngine::export_key(std::string_view label, base::MutableBytes out) {
  CHECK(state_ == TlsState::kEstablished);
  return SSL_export_keying_material(ssl_.get(), out.data(), out.size(), label.data(), label.size(),
                                    nullptr, 0, 0) == 1;
}

std::optional<std::array<std::uint8_t, 32>> OpenSslEngine::peer_fingerprint() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return std::nullopt;
  return facts_of(certificate).fingerprint;
}

std::string OpenSslEngine::peer_common_name() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? std::string() : facts_of(certificate).common_name;
}

void append_der(const X509* certificate, CertificateChain& chain) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  CHECK(size > 0);
  chain.emplace_back(bytes, bytes + size);
  OPENSSL_free(bytes);
}

CertificateChain OpenSslEngine::peer_certificates() const {
  CertificateChain chain;
  const X509* const leaf = SSL_get0_peer_certificate(ssl_.get());
  if (leaf == nullptr) return chain;
  append_der(leaf, chain);
  // What a client gave along does not hold its own; what a server gave does
  // (SSL_get_peer_cert_chain(3)).
  const STACK_OF(X509)* const rest = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = SSL_is_server(ssl_.get()) == 1 ? 0 : 1; i < sk_X509_num(rest); ++i)
    append_der(sk_X509_value(rest, i), chain);
  return chain;
}

std::string OpenSslEngine::description() const {
  return std::string(SSL_get_version(ssl_.get())) + ", cipher " + SSL_get_cipher_name(ssl_.get());
}

class OpenSslFactory final : public TlsFactory {
 public:
  OpenSslFactory(UniqueSslCtx context, TlsConfig config)
      : context_(std::move(context)),
        config_(std::make_shared<const TlsConfig>(std::move(config))) {
    SSL_CTX_set_cert_verify_callback(context_.get(), OpenSslEngine::judge_certificate, nullptr);
  }

  std::unique_ptr<TlsEngine> create(base::WallTime now) override {
    return std::make_unique<OpenSslEngine>(context_.get(), config_, now);
  }

  std::optional<std::string> objection_to(const CertificateChain& peer,
                                          base::WallTime now) const override;

 private:
  UniqueSslCtx context_;
  std::shared_ptr<const TlsConfig> config_;
};

UniqueX509 from_der(const std::vector<std::uint8_t>& der) {
  const unsigned char* at = der.data();
  return UniqueX509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

// As OpenSSL asks in a handshake (ssl_verify_cert_chain), without one.
std::optional<std::string> OpenSslFactory::objection_to(const CertificateChain& peer,
                                                        base::WallTime now) const {
  const UniqueX509 leaf = from_der(peer.front());
  const UniqueX509Stack others(sk_X509_new_null());
  const UniqueX509StoreCtx chain(X509_STORE_CTX_new());
  CHECK(leaf != nullptr && others != nullptr && chain != nullptr);
  for (std::size_t i = 1; i < peer.size(); ++i) {
    UniqueX509 other = from_der(peer[i]);
    CHECK(other != nullptr && sk_X509_push(others.get(), other.get()) > 0);
    static_cast<void>(other.release());  // the stack's now
  }
  CHECK(X509_STORE_CTX_init(chain.get(), SSL_CTX_get_cert_store(context_.get()), leaf.get(),
                            others.get()) == 1);
  const bool server = config_->role == TlsRole::kServer;
  CHECK(X509_STORE_CTX_set_default(chain.get(), server ? "ssl_client" : "ssl_server") == 1);
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(chain.get());
  X509_VERIFY_PARAM_set_auth_level(rules, SSL_CTX_get_security_level(context_.get()));
  X509_VERIFY_PARAM_set_depth(rules, SSL_CTX_get_verify_depth(context_.get()));
  X509_VERIFY_PARAM_set_time(rules, now.time_since_epoch().count());
  const auto objection = objection_to_chain(*config_, chain.get());
  ERR_clear_error();
  return objection;
}

}  // namespace

std::expected<std::unique_ptr<TlsFactory>, std::string> make_tls_factory(TlsConfig config) {
  auto context = make_ssl_context(config);
  if (!context) return std::unexpected(context.error());
  return std::make_unique<OpenSslFactory>(std::move(*context), std::move(config));
}

}  // namespace sallyport::crypto
