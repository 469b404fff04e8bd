#include "fake_tls.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "crypto/digest.h"

namespace sallyport::testing {
namespace {

using crypto::TlsState;

// Records: type(1) length(2) body. Sizes of the flights are those of a TLS 1.3 handshake with
// certificates.
enum class RecordType : std::uint8_t {
  kClientHello = 1,
  kServerFlight = 2,
  kClientFinished = 3,
  kData = 4,
  kAlert = 5
};
constexpr std::size_t kClientHelloSize = 289;
constexpr std::size_t kServerFlightSize = 2900;
constexpr std::size_t kClientFinishedSize = 1900;
// RFC 8446 5.1: the most that a record holds.
constexpr std::size_t kLargestRecord = 1 << 14;

class FakeTls final : public crypto::TlsEngine {
 public:
  FakeTls(FakeTlsFactory::End end, std::uint8_t certificate, std::set<std::uint8_t> refused,
          std::uint32_t serial, unsigned close_behind, unsigned fail_at)
      : end_(end),
        certificate_(certificate),
        refused_(std::move(refused)),
        serial_(serial),
        close_behind_(close_behind),
        fail_at_(fail_at) {}

  void start() override {
    if (end_ == FakeTlsFactory::End::kClient)
      write_record(RecordType::kClientHello, kClientHelloSize);
  }

  void receive(base::Bytes bytes) override {
    incoming_.insert(incoming_.end(), bytes.begin(), bytes.end());
    while (state_ != TlsState::kFailed && take_record()) {
    }
  }

  bool has_output() const override { return !outgoing_.empty(); }

  std::size_t send(base::MutableBytes out) override {
    const std::size_t size = std::min(out.size(), outgoing_.size());
    std::copy_n(outgoing_.begin(), size, out.begin());
    outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }

  bool write(base::Bytes plaintext) override {
    CHECK(state_ == TlsState::kEstablished);
    if (++writes_ == fail_at_) {
      fail(crypto::TlsFailureKind::kProtocol, "a write has failed");
      return false;
    }
    while (!plaintext.empty()) {
      const base::Bytes record = plaintext.first(std::min(plaintext.size(), kLargestRecord));
      plaintext = plaintext.subspan(record.size());
      begin_record(RecordType::kData, record.size());
      // Not encrypted, but not readable either: a leak test must not find plain text in control
      // packets.
      for (const std::uint8_t byte : record) outgoing_.push_back(byte ^ 0x55);
    }
    if (writes_ == close_behind_) begin_record(RecordType::kAlert, 0);
    return true;
  }

  std::size_t read(base::MutableBytes out) override {
    if (plain_.empty()) return 0;
    const std::vector<std::uint8_t> record = std::move(plain_.front());
    plain_.pop_front();
    CHECK(record.size() <= out.size());
    std::ranges::copy(record, out.begin());
    return record.size();
  }

  TlsState state() const override { return state_; }
  const crypto::TlsFailure& failure() const override { return failure_; }

  bool export_key(std::string_view label, base::MutableBytes out) override {
    CHECK(state_ == TlsState::kEstablished);
    for (std::size_t at = 0; at < out.size(); at += 32) {
      base::ByteWriter seed;
      seed.bytes(base::bytes_of(label));
      seed.u32(shared_);
      seed.u64(at);
      const auto block = crypto::sha256(seed.written());
      std::copy_n(block.begin(), std::min<std::size_t>(32, out.size() - at),
                  out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return true;
  }

  std::optional<std::array<std::uint8_t, 32>> peer_fingerprint() const override {
    if (peer_certificate_ == FakeTlsFactory::kNoCertificate) return std::nullopt;
    std::array<std::uint8_t, 32> fingerprint{};
    fingerprint[0] = peer_certificate_;
    return fingerprint;
  }

  crypto::CertificateChain peer_certificates() const override {
    if (peer_certificate_ == FakeTlsFactory::kNoCertificate) return {};
    return {{peer_certificate_}};
  }

  std::string peer_common_name() const override {
    if (peer_certificate_ == FakeTlsFactory::kNoCertificate ||
        peer_certificate_ == FakeTlsFactory::kNameless)
      return {};
    return "peer-" + std::to_string(peer_certificate_);
  }

  std::string description() const override { return "fake TLS"; }

 private:
  void begin_record(RecordType type, std::size_t size) {
    outgoing_.push_back(static_cast<std::uint8_t>(type));
    outgoing_.push_back(static_cast<std::uint8_t>(size >> 8));
    outgoing_.push_back(static_cast<std::uint8_t>(size));
  }

  // A handshake record: certificate, serial number, and filling that the receiver checks.
  void write_record(RecordType type, std::size_t size) {
    begin_record(type, size);
    outgoing_.push_back(certificate_);
    for (int shift = 24; shift >= 0; shift -= 8)
      outgoing_.push_back(static_cast<std::uint8_t>(serial_ >> shift));
    for (std::size_t i = 5; i < size; ++i) outgoing_.push_back(static_cast<std::uint8_t>(i * 7));
  }

  bool take_record() {
    base::ByteReader reader(incoming_);
    const auto type = reader.u8();
    const auto size = reader.u16();
    if (!type || !size) return false;
    if (*size > kLargestRecord) {
      fail(crypto::TlsFailureKind::kProtocol, "a record is too long");
      return false;
    }
    const auto body = reader.take(*size);
    if (!body) return false;
    const std::vector<std::uint8_t> record(body->begin(), body->end());
    incoming_.erase(incoming_.begin(), incoming_.begin() + 3 + *size);
    work_on(static_cast<RecordType>(*type), record);
    return true;
  }

  void work_on(RecordType type, const std::vector<std::uint8_t>& record) {
    const bool client = end_ == FakeTlsFactory::End::kClient;
    if (type == RecordType::kClientHello && !client && state_ == TlsState::kHandshaking) {
      if (!read_handshake(record)) return;
      write_record(RecordType::kServerFlight, kServerFlightSize);
    } else if (type == RecordType::kServerFlight && client && state_ == TlsState::kHandshaking) {
      if (!read_handshake(record)) return;
      if (is_refused()) return refuse_peer();
      write_record(RecordType::kClientFinished, kClientFinishedSize);
      establish();
    } else if (type == RecordType::kClientFinished && !client && state_ == TlsState::kHandshaking) {
      if (!read_handshake(record)) return;
      if (is_refused()) return refuse_peer();
      establish();
    } else if (type == RecordType::kData && state_ == TlsState::kEstablished) {
      std::vector<std::uint8_t> plain = record;
      for (std::uint8_t& byte : plain) byte ^= 0x55;
      plain_.push_back(std::move(plain));
    } else if (type == RecordType::kAlert) {
      fail(crypto::TlsFailureKind::kAlertReceived, "the peer sent the TLS alert 'fake'");
    } else {
      fail(crypto::TlsFailureKind::kProtocol, "unexpected record");
    }
  }

  bool read_handshake(const std::vector<std::uint8_t>& record) {
    base::ByteReader reader(record);
    const auto certificate = reader.u8();
    const auto serial = reader.u32();
    bool intact = certificate && serial;
    for (std::size_t i = 5; intact && i < record.size(); ++i)
      intact = record[i] == static_cast<std::uint8_t>(i * 7);
    if (!intact) {
      fail(crypto::TlsFailureKind::kProtocol, "the peer's flight is damaged");
      return false;
    }
    peer_certificate_ = *certificate;
    peer_serial_ = *serial;
    return true;
  }

  bool is_refused() const { return refused_.contains(peer_certificate_); }
  void refuse_peer() {
    fail(crypto::TlsFailureKind::kCertificate, "the peer's certificate is refused: fake");
  }

  void establish() {
    state_ = TlsState::kEstablished;
    shared_ = serial_ ^ peer_serial_;
  }

  void fail(crypto::TlsFailureKind kind, std::string text) {
    state_ = TlsState::kFailed;
    failure_ = {kind, std::move(text)};
    if (kind != crypto::TlsFailureKind::kAlertReceived) begin_record(RecordType::kAlert, 0);
  }

  FakeTlsFactory::End end_;
  std::uint8_t certificate_;
  std::set<std::uint8_t> refused_;
  std::uint32_t serial_;
  unsigned close_behind_, fail_at_;
  unsigned writes_ = 0;
  TlsState state_ = TlsState::kHandshaking;
  crypto::TlsFailure failure_;
  std::vector<std::uint8_t> incoming_, outgoing_;
  std::deque<std::vector<std::uint8_t>> plain_;
  std::uint8_t peer_certificate_ = 0;
  std::uint32_t peer_serial_ = 0;
  std::uint32_t shared_ = 0;
};

}  // namespace

std::unique_ptr<crypto::TlsEngine> FakeTlsFactory::create(base::WallTime) {
  const std::uint32_t serial = ++created_ * (end_ == End::kClient ? 0x10001u : 0x20003u);
  std::set<std::uint8_t> refused = revoked_;
  if (require_) refused.insert(kNoCertificate);
  return std::make_unique<FakeTls>(end_, certificate_, std::move(refused), serial, close_behind_,
                                   fail_at_);
}

std::optional<std::string> FakeTlsFactory::objection_to(const crypto::CertificateChain& peer,
                                                        base::WallTime) const {
  if (!revoked_.contains(peer.front().front())) return std::nullopt;
  return "certificate revoked";
}

}  // namespace sallyport::testing
