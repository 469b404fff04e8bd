// A TLS that protects nothing and takes no time: the same number of flights and about the same
// sizes as the real one, so that thousands of simulated handshakes run in a second and repeat byte
// for byte. Each end must see the whole of the other's stream in order, or it fails, as TLS would.
#pragma once

#include <cstdint>
#include <set>

#include "crypto/tls.h"

namespace sallyport::testing {

class FakeTlsFactory final : public crypto::TlsFactory {
 public:
  enum class End { kClient, kServer };
  // Two factories of one end whose engines must not come to the same secrets begin to count at
  // different numbers.
  explicit FakeTlsFactory(End end, std::uint32_t first = 0) : end_(end), created_(first) {}

  std::unique_ptr<crypto::TlsEngine> create(base::WallTime now) override;
  std::optional<std::string> objection_to(const crypto::CertificateChain& peer,
                                          base::WallTime now) const override;

  // Certificates that stand for others than "peer-N".
  static constexpr std::uint8_t kNoCertificate = 0;
  static constexpr std::uint8_t kNameless = 255;  // it has no common name

  // The leaf certificate that engines made from now on show to their peer.
  void present(std::uint8_t certificate) { certificate_ = certificate; }
  // A server's engines made from now on take nobody without a certificate.
  void require_certificate(bool require) { require_ = require; }
  // Engines made from now on close behind their n-th write; 0: never.
  void close_behind(unsigned write) { close_behind_ = write; }
  // Engines made from now on fail at their n-th write; 0: never.
  void fail_at(unsigned write) { fail_at_ = write; }
  // Engines made from now on refuse this certificate, and it is objected to.
  void revoke(std::uint8_t certificate) { revoked_.insert(certificate); }

 private:
  End end_;
  std::uint8_t certificate_ = 1;
  bool require_ = false;
  unsigned close_behind_ = 0;
  unsigned fail_at_ = 0;
  std::set<std::uint8_t> revoked_;
  std::uint32_t created_;
};

}  // namespace sallyport::testing
