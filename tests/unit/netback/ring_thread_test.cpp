// Both ends at once, on threads of their own: what the fences and event indices are for. An end
// sleeps whenever it may; a notification that is lost leaves both asleep, and the test does not
// end.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "counting_rng.h"
#include "netback_driver.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::ByteVector;
using testing::NetbackDriver;
using testing::Netfront;

class EventChannel {
 public:
  void notify() {
    const std::lock_guard lock(mutex_);
    pending_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pending_; });
    pending_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool pending_ = false;
};

constexpr std::uint32_t kFrames = 30000;
// Each of these takes two changes of the running thread.
constexpr std::uint32_t kSingleFrames = 2000;

ByteVector frame_number(std::uint32_t number) {
  return testing::counting_bytes(60 + number % 1400, static_cast<std::uint8_t>(number));
}

TEST_SUITE("netback/ring_thread") {
  TEST_CASE("a guest that sends without pause loses no frame and no notification") {
    Netfront front(static_cast<std::uint32_t>(-5000));
    NetbackDriver back(front);
    EventChannel to_back, to_front;
    std::thread guest([&] {
      std::uint32_t sent = 0, answered = 0;
      while (answered < kFrames) {
        answered += static_cast<std::uint32_t>(front.reap().size());
        bool progress = false;
        while (sent < kFrames) {
          const auto notify = front.send(frame_number(sent));
          if (!notify) break;
          ++sent;
          progress = true;
          if (*notify) to_back.notify();
        }
        if (!progress && answered < kFrames) to_front.wait();
      }
    });
    std::uint32_t taken = 0, wrong = 0;
    while (taken < kFrames) {
      const std::size_t before = back.tx_notifications;
      const auto packets = back.take(16);
      REQUIRE(packets.has_value());
      for (const auto& packet : *packets) wrong += packet.bytes != frame_number(taken++);
      if (back.tx_notifications != before) to_front.notify();
      if (packets->empty() && back.tx().rearm() == false) to_back.wait();
    }
    guest.join();
    EXPECT(wrong == 0);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a guest that waits for each answer is never left waiting") {
    Netfront front;
    NetbackDriver back(front);
    EventChannel to_back, to_front;
    std::thread guest([&] {
      for (std::uint32_t sent = 0; sent < kSingleFrames; ++sent) {
        // Not always at the same point of the backend's way to sleep.
        for (std::uint32_t i = sent % 97; i > 0; --i) static_cast<void>(front.tx().responses());
        if (front.send(frame_number(sent)) == true) to_back.notify();
        while (front.reap().empty()) to_front.wait();
      }
    });
    for (std::uint32_t taken = 0; taken < kSingleFrames;) {
      const std::size_t before = back.tx_notifications;
      const auto packets = back.take();
      REQUIRE(packets.has_value());
      taken += static_cast<std::uint32_t>(packets->size());
      if (back.tx_notifications != before) to_front.notify();
      if (packets->empty() && back.tx().rearm() == false) to_back.wait();
    }
    guest.join();
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a guest that receives without pause loses no frame and no notification") {
    Netfront front(static_cast<std::uint32_t>(-5000));
    NetbackDriver back(front);
    EventChannel to_back, to_front;
    std::uint32_t received = 0, wrong = 0;
    std::thread guest([&] {
      if (front.post()) to_back.notify();
      while (received < kFrames) {
        const auto frames = front.receive();
        for (const auto& frame : frames) wrong += frame.bytes != frame_number(received++);
        if (front.post(64)) to_back.notify();
        if (frames.empty() && received < kFrames) to_front.wait();
      }
    });
    std::vector<ByteVector> batch(8);
    for (std::uint32_t given = 0; given < kFrames;) {
      const std::size_t before = back.rx_notifications;
      std::size_t planned = 0;
      while (planned < batch.size() && given < kFrames) {
        batch[planned] = frame_number(given);
        const auto plan = back.add(batch[planned]);
        REQUIRE(plan.has_value());
        if (*plan == RxPlan::kNoSlots) break;
        ++planned;
        ++given;
      }
      back.flush();
      if (back.rx_notifications != before) to_front.notify();
      if (planned == 0 && back.rx().wait_for(1) == false) to_back.wait();
    }
    guest.join();
    EXPECT(wrong == 0);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a guest that scribbles over its rings while we work costs us nothing") {
    Netfront front;
    std::atomic<bool> stop{false};
    std::thread guest([&] {
      testing::CountingRng rng;
      while (!stop) {
        const std::uint64_t random = rng.next();
        testing::FrontRing& ring = random % 2 == 0 ? front.tx() : front.rx();
        // Mostly what makes the backend go on: small indices, plausible slots.
        const std::size_t word = (random >> 8) % 4 == 0 ? 0 : (random >> 16) % 1024;
        const auto value = static_cast<std::uint32_t>(random >> 32);
        ring.write(word, word == 0 ? ring.read(2) + value % 260 : value & 0x0f0f'0fff);
      }
    });
    const ByteVector frame = testing::counting_bytes(9000);
    std::size_t faults = 0, packets = 0;
    for (int i = 0; i < 3000; ++i) {
      NetbackDriver back(front);
      for (int round = 0; round < 20; ++round) {
        const auto taken = back.take(8);
        const auto plan = back.add(frame);
        back.flush();
        if (taken) packets += taken->size();
        if (!taken || !plan || !back.tx().rearm()) {
          ++faults;
          break;
        }
      }
      EXPECT(back.copies_are_sound);
    }
    stop = true;
    guest.join();
    EXPECT(faults > 0);
    CAPTURE(packets);
  }
}

}  // namespace
}  // namespace sallyport::netback
