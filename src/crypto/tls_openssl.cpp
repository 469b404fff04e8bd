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

bool OpenSslEngine::judge(X509_STORE_CTX* chain) {
  // With peer-fingerprint and no ca, the pinned leaf is the trust anchor; a self-signed one is the
  // normal case.
  const bool pinned_only = config_->ca_pem.empty() && !config_->peer.fingerprints.empty();
  if (!pinned_only && X509_verify_cert(chain) != 1) {
    const int error = X509_STORE_CTX_get_error(chain);
    certificate_objection_ = std::string(X509_verify_cert_error_string(error)) + " (certificate " +
                             std::to_string(X509_STORE_CTX_get_error_depth(chain)) +
                             " of its chain)";
    return false;
  }
  const CertificateFacts facts = facts_of(X509_STORE_CTX_get0_cert(chain));
  auto objection = config_->peer.objection(facts);
  if (!objection) {
    const STACK_OF(X509)* const links = X509_STORE_CTX_get0_chain(chain);
    objection = config_->peer.objection_to_issuer(
        links != nullptr && sk_X509_num(links) > 1 ? sk_X509_value(links, 1) : nullptr);
  }
  if (!objection) return true;
  certificate_objection_ = *objection;
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

 private:
  UniqueSslCtx context_;
  std::shared_ptr<const TlsConfig> config_;
};

}  // namespace

std::expected<std::unique_ptr<TlsFactory>, std::string> make_tls_factory(TlsConfig config) {
  auto context = make_ssl_context(config);
  if (!context) return std::unexpected(context.error());
  return std::make_unique<OpenSslFactory>(std::move(*context), std::move(config));
}

}  // namespace sallyport::crypto
