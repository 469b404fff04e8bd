// A vif whose frontend is the input: it sends and receives as it should, puts any request on the
// ring, writes to any byte of both pages between our looks at them, and takes back grants. Whatever
// it does, copies stay in their bounds, answers are given for what was asked, and a fault is final.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/check.h"
#include "fuzz_input.h"
#include "netback_driver.h"

namespace sallyport::netback {
namespace {

using testing::ByteVector;
using testing::FuzzInput;

// As long as the input does only what netfront does, netfront's own checks hold as well.
class Session {
 public:
  explicit Session(FuzzInput& input)
      : input_(input),
        front_(input.below(2) == 0 ? 0 : 0xffff'ff00 + input.u8()),
        tx_batch_(std::make_unique<TxBatch>()),
        rx_batch_(std::make_unique<RxBatch>()) {
    features_ = {.sg = input.below(2) == 0,
                 .gso_tcpv4 = input.below(2) == 0,
                 .gso_tcpv6 = input.below(2) == 0,
                 .ipv4_csum_offload = input.below(2) == 0,
                 .ipv6_csum_offload = input.below(2) == 0,
                 .rx_notify = true};
    attach();
  }

  void run() {
    while (!input_.done()) step();
    CHECK(hostile_ || front_.complaints().empty());
  }

 private:
  // As a backend that starts, or starts again, does.
  void attach() {
    tx_.emplace(front_.tx().page());
    rx_.emplace(front_.rx().page(), features_);
  }

  void step() {
    switch (input_.below(14)) {
      case 0:
      case 1:
        queue();
        break;
      case 2:
        front_.push_tx();
        break;
      case 3:
        put_any_request();
        break;
      case 4:
        scribble(front_.tx());
        break;
      case 5:
        scribble(front_.rx());
        break;
      case 6:
      case 7:
        take();
        break;
      case 8:
        if (!hostile_) reap();
        break;
      case 9:
        front_.post(input_.u8());
        break;
      case 10:
      case 11:
        give();
        break;
      case 12:
        if (!hostile_) front_.receive();
        break;
      case 13:
        attach();
        break;
    }
  }

  ByteVector frame() {
    const std::size_t most = input_.below(8) == 7 ? kMaxTxFrame - kEthernetHeader : 4100;
    const std::size_t size = kEthernetHeader + input_.u16() % (most + 1);
    return ByteVector(size, input_.u8());
  }

  void queue() {
    const ByteVector bytes = frame();
    front_.queue(bytes, options());
  }

  testing::SendOptions options() {
    const std::uint8_t bits = input_.u8();
    testing::SendOptions options{.csum_blank = (bits & 1) != 0,
                                 .data_validated = (bits & 2) != 0,
                                 .hash_extra = (bits & 4) != 0,
                                 .head = (bits & 8) != 0 ? 4096u : 64u + input_.u8()};
    if ((bits & 16) != 0) options.gso = testing::NetfrontGso{.type = 1, .size = 1400};
    return options;
  }

  void put_any_request() {
    if (front_.tx().free_slots() < 2) return;
    hostile_ = true;
    const std::uint32_t ref = 1000u + input_.u16();
    const std::uint32_t offset = input_.u16();
    const std::uint32_t flags = input_.u8();
    const std::uint32_t id = input_.u8();
    const std::uint32_t size = input_.u16();
    front_.tx().put(std::array{ref, offset | flags << 16, id | size << 16});
  }

  void scribble(testing::FrontRing& ring) {
    hostile_ = true;
    const std::size_t at = input_.u16() % 4096;
    const unsigned shift = 8 * (at % 4);
    const std::uint32_t others = ring.read(at / 4) & ~(0xffu << shift);
    ring.write(at / 4, others | std::uint32_t{input_.u8()} << shift);
  }

  void take() {
    const auto begun = tx_->begin(*tx_batch_, pool_, 1 + input_.u8());
    CHECK(begun.has_value() || (hostile_ && tx_batch_->empty() && tx_batch_->copies().empty()));
    // In the middle of a batch the frontend does what it likes.
    if (input_.below(4) == 3) scribble(front_.tx());
    check_pool();
    if (input_.below(8) == 7) front_.tx_memory().revoke(front_.tx_memory().ref_of(input_.u8()));
    CHECK(front_.tx_memory().run(tx_batch_->copies()));
    tx_->finish(*tx_batch_);
    CHECK(tx_batch_->empty());
    for (const TxBatch::Packet& packet : tx_batch_->packets()) {
      CHECK(packet.bytes.size() >= kEthernetHeader && packet.bytes.size() <= kMaxTxFrame);
      CHECK((packet.offload.gso == Gso::kNone) == (packet.offload.segment_size == 0));
    }
    const auto more = tx_->rearm();
    CHECK(more.has_value() || hostile_);
    CHECK(begun.has_value() || !more.has_value());
  }

  // Every copy goes to memory of its own, inside the pool.
  void check_pool() {
    const std::uint8_t* end = pool_.data();
    for (const CopyFromGuest& copy : tx_batch_->copies()) {
      CHECK(copy.local.data() >= end && !copy.local.empty());
      end = copy.local.data() + copy.local.size();
    }
    CHECK(end <= pool_.data() + pool_.size());
  }

  void give() {
    frames_.clear();
    bool fault = false;
    for (std::uint32_t i = input_.below(4) + 1; i > 0 && !fault; --i) {
      frames_.push_back(std::make_unique<ByteVector>(frame()));
      const Offload offload =
          input_.below(2) == 0
              ? Offload{}
              : Offload{.gso = Gso::kTcp4, .segment_size = 1400, .blank_checksum = true};
      const base::Bytes bytes = *frames_.back();
      const std::array pieces{bytes.first(14), bytes.subspan(14)};
      const auto plan = rx_->add(
          *rx_batch_,
          {.pieces = std::span(pieces).first(bytes.size() == 14 ? 1 : 2), .offload = offload});
      fault = !plan.has_value();
      CHECK(!fault || hostile_);
      if (input_.below(4) == 3) scribble(front_.rx());
    }
    CHECK(!fault || rx_batch_->empty());
    if (input_.below(8) == 7) front_.rx_memory().revoke(front_.rx_memory().ref_of(input_.u8()));
    CHECK(front_.rx_memory().run(rx_batch_->copies()));
    rx_->finish(*rx_batch_);
    CHECK(rx_batch_->empty());
    CHECK(rx_->wait_for(1 + input_.u8()).has_value() || hostile_);
  }

  void reap() {
    for (const std::int16_t status : front_.reap()) CHECK(status == 0 || status == -1);
  }

  FuzzInput& input_;
  testing::Netfront front_;
  FrontendFeatures features_;
  std::optional<TxRing> tx_;
  std::optional<RxRing> rx_;
  std::unique_ptr<TxBatch> tx_batch_;
  std::unique_ptr<RxBatch> rx_batch_;
  ByteVector pool_ = ByteVector(2 * TxRing::kMinPool);
  std::vector<std::unique_ptr<ByteVector>> frames_;
  // It has done what netfront does not; what it then finds on its rings is its own affair.
  bool hostile_ = false;
};

}  // namespace
}  // namespace sallyport::netback

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::testing::FuzzInput input(data, size);
  sallyport::netback::Session(input).run();
  return 0;
}
