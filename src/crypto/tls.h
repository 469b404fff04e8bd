// TLS as a machine of bytes: records in, records out, plaintext in, plaintext out. No socket, no
// clock. The interface is what openvpn uses; tls_openssl.h makes the real one, tests have a fake.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace sallyport::crypto {

enum class TlsState { kHandshaking, kEstablished, kFailed };

enum class TlsFailureKind {
  kCertificate,    // we refused the peer's certificate
  kAlertReceived,  // the peer refused us
  kProtocol,       // anything else: no common version or suite, garbage, a closed session
};

struct TlsFailure {
  TlsFailureKind kind = TlsFailureKind::kProtocol;
  std::string text;  // a sentence without secrets, fit for a log
};

// Certificates in DER, the peer's own first, then what it sent along.
using CertificateChain = std::vector<std::vector<std::uint8_t>>;

class TlsEngine {
 public:
  virtual ~TlsEngine() = default;

  // Takes bytes of the peer's TLS stream, in order, in pieces of any size, and works on them.
  virtual void receive(base::Bytes records) = 0;
  // Starts the handshake on the side that speaks first; a no-op later.
  virtual void start() = 0;
  // Whether send() would give something.
  virtual bool has_output() const = 0;
  // Moves up to out.size() bytes of our TLS stream into `out`; returns how many. 0: nothing to send
  // now.
  virtual std::size_t send(base::MutableBytes out) = 0;

  // Encrypts one application message. Only in kEstablished; false when the engine failed meanwhile.
  virtual bool write(base::Bytes plaintext) = 0;
  // Moves decrypted bytes into `out`; returns how many. 0: nothing now.
  virtual std::size_t read(base::MutableBytes out) = 0;

  virtual TlsState state() const = 0;
  // Why, in kFailed.
  virtual const TlsFailure& failure() const = 0;
  // Keying material exporter of RFC 5705 / RFC 8446 section 7.5, without context. Only in
  // kEstablished.
  virtual bool export_key(std::string_view label, base::MutableBytes out) = 0;
  // SHA-256 of the peer's leaf certificate; empty when it gave none. Only in kEstablished.
  virtual std::optional<std::array<std::uint8_t, 32>> peer_fingerprint() const = 0;
  // The common name in it; empty when there is none. Only in kEstablished.
  virtual std::string peer_common_name() const = 0;
  // All that the peer showed; empty when it gave none. Only in kEstablished.
  virtual CertificateChain peer_certificates() const = 0;
  // "TLSv1.3, cipher TLS_AES_256_GCM_SHA384", for status. Only in kEstablished.
  virtual std::string description() const = 0;
};

class TlsFactory {
 public:
  virtual ~TlsFactory() = default;
  // A new session; `now` is the time certificates are judged by.
  virtual std::unique_ptr<TlsEngine> create(base::WallTime now) = 0;
  // Why a peer with these certificates, which is in already, would not be let in as of `now`: a
  // clause. nullopt: it would. `peer` is not empty.
  virtual std::optional<std::string> objection_to(const CertificateChain& peer,
                                                  base::WallTime now) const = 0;
};

}  // namespace sallyport::crypto
