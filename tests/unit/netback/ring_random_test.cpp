// Both rings under long random traffic, across the end of their indices, against a guest that
// checks every answer and every byte.
#include <cstdint>
#include <deque>

#include "counting_rng.h"
#include "netback_driver.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::ByteVector;
using testing::NetbackDriver;
using testing::Netfront;

class Traffic {
 public:
  Traffic(std::uint64_t seed, std::uint32_t start)
      : rng_(seed), front_(start), back_(front_, testing::kAllFeatures) {}

  void run(int steps) {
    front_.post();
    for (int i = 0; i < steps; ++i) step();
    // Whoever is not told of work leaves it undone.
    for (int i = 0; i < 100; ++i) {
      if (tx_awake_) serve_tx();
      reap();
      if (rx_awake_) give();
      receive();
    }
    EXPECT(sent_.empty());
    EXPECT(waiting_.empty());
    EXPECT(given_.empty());
    EXPECT(front_.complaints().empty());
    EXPECT(back_.copies_are_sound);
    EXPECT(back_.tx().counters().packets == sent_count_);
    EXPECT(back_.rx().counters().packets == received_);
    EXPECT(back_.tx().counters().refused.total() == 0);
    EXPECT(back_.rx().counters().refused.total() == 0);
  }

  std::uint64_t sent_count() const { return sent_count_; }
  std::uint64_t received() const { return received_; }

 private:
  std::size_t below(std::size_t limit) { return rng_.next() % limit; }

  ByteVector frame() {
    const std::size_t kind = below(8);
    const std::size_t size = kind == 0  ? 65535 - below(8)
                             : kind < 3 ? 14 + below(9000)
                                        : 14 + below(1501);
    return testing::counting_bytes(size, static_cast<std::uint8_t>(rng_.next()));
  }

  void step() {
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        for (std::size_t i = below(6); i > 0; --i) send();
        break;
      case 3:
        if (tx_awake_) serve_tx();
        break;
      case 4:
        reap();
        break;
      case 5:
      case 6:
        for (std::size_t i = below(6); i > 0 && waiting_.size() < 20; --i)
          waiting_.push_back(frame());
        if (rx_awake_) give();
        break;
      case 7:
        receive();
        break;
    }
  }

  void send() {
    ByteVector bytes = frame();
    testing::SendOptions options{
        .csum_blank = below(2) == 0, .head = 1 + below(4096), .head_offset = below(4096)};
    if (bytes.size() > 1600) options.gso = testing::NetfrontGso{.type = 1, .size = 1400};
    // netfront's limit: 18 slots.
    if (bytes.size() > 60000) options.head = 4096, options.head_offset = 0;
    const auto notify = front_.send(bytes, options);
    if (!notify) return;
    tx_awake_ = tx_awake_ || *notify;
    sent_.push_back(std::move(bytes));
    ++sent_count_;
  }

  // Some batches, of some size; sleeps only when the ring says that it may.
  void serve_tx() {
    while (true) {
      const auto taken = back_.take(1 + below(40));
      REQUIRE(taken.has_value());
      for (const auto& packet : *taken) {
        REQUIRE_FALSE(sent_.empty());
        EXPECT(packet.bytes == sent_.front());
        sent_.pop_front();
      }
      if (!taken->empty()) continue;
      const auto more = back_.tx().rearm();
      REQUIRE(more.has_value());
      if (!*more) break;
    }
    tx_awake_ = false;
  }

  void reap() {
    for (const std::int16_t status : front_.reap()) EXPECT(status == 0);
  }

  void give() {
    bool planned = false;
    while (!waiting_.empty()) {
      ByteVector& bytes = waiting_.front();
      const Offload offload =
          bytes.size() > 1600
              ? Offload{.gso = Gso::kTcp4, .segment_size = 1400, .blank_checksum = true}
              : Offload{};
      const auto plan = back_.add(bytes, offload, 14 + below(200), 1000 + below(3000));
      REQUIRE(plan.has_value());
      if (*plan == RxPlan::kBatchFull) {
        back_.flush();
        continue;
      }
      if (*plan == RxPlan::kNoSlots) {
        back_.flush();
        const auto enough = back_.rx().wait_for(RxRing::slots_for(bytes.size(), offload));
        REQUIRE(enough.has_value());
        if (*enough) continue;
        rx_awake_ = false;
        break;
      }
      REQUIRE(*plan == RxPlan::kPlanned);
      planned = true;
      given_.push_back(std::move(bytes));
      // The batch borrows it from where it is now: std::deque does not move its elements.
      waiting_.pop_front();
    }
    if (planned) back_.flush();
  }

  void receive() {
    for (const auto& frame : front_.receive()) {
      REQUIRE_FALSE(given_.empty());
      EXPECT(frame.bytes == given_.front());
      given_.pop_front();
      ++received_;
    }
    rx_awake_ = front_.post() || rx_awake_;
  }

  testing::CountingRng rng_;
  Netfront front_;
  NetbackDriver back_;
  std::deque<ByteVector> sent_, waiting_, given_;
  // Notified since it last went to sleep; a netback starts awake.
  bool tx_awake_ = true, rx_awake_ = true;
  std::uint64_t sent_count_ = 0, received_ = 0;
};

TEST_SUITE("netback/ring_random") {
  TEST_CASE("no byte, answer or notification is lost in random traffic") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(seed);
      Traffic traffic(seed, seed % 2 == 0 ? 0 : static_cast<std::uint32_t>(-1000));
      traffic.run(1500);
      EXPECT(traffic.sent_count() > 300);
      EXPECT(traffic.received() > 300);
    }
  }
}

}  // namespace
}  // namespace sallyport::netback
