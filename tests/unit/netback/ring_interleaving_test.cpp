// The two moments in which a notification can get lost, hit exactly: the ring page is read-only, so
// the backend's store to it stops, and the guest acts before it is made.
#include <signal.h>
#include <sys/mman.h>

#include <atomic>

#include "netback/shared_ring.h"
#include "test.h"

namespace sallyport::netback {
namespace {

class TrappedPage {
 public:
  TrappedPage() {
    void* memory =
        mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    words_ = static_cast<std::uint32_t*>(memory);
    trapped_ = this;
    struct sigaction action{};
    action.sa_handler = [](int) { trapped_->spring(); };
    REQUIRE(sigaction(SIGSEGV, &action, &before_) == 0);
  }
  ~TrappedPage() {
    sigaction(SIGSEGV, &before_, nullptr);
    munmap(words_, kPageSize);
  }
  TrappedPage(const TrappedPage&) = delete;
  TrappedPage& operator=(const TrappedPage&) = delete;

  RingPage page() { return RingPage(words_, kPageSize / sizeof(std::uint32_t)); }
  std::uint32_t operator[](std::size_t word) const { return words_[word]; }
  void write(std::size_t word, std::uint32_t value) { words_[word] = value; }

  // At the next store to the page, and before it, the guest writes `value` to `word`.
  void trap(std::size_t word, std::uint32_t value) {
    guest_word_ = word;
    guest_value_ = value;
    mprotect(words_, kPageSize, PROT_READ);
  }

 private:
  void spring() {
    mprotect(words_, kPageSize, PROT_READ | PROT_WRITE);
    std::atomic_ref(words_[guest_word_]).store(guest_value_);
  }

  static TrappedPage* trapped_;
  std::uint32_t* words_ = nullptr;
  std::size_t guest_word_ = 0;
  std::uint32_t guest_value_ = 0;
  struct sigaction before_{};
};

TrappedPage* TrappedPage::trapped_ = nullptr;

TEST_SUITE("netback/ring_interleaving") {
  TEST_CASE("a request pushed while we ask for its notification is found without one") {
    TrappedPage page;
    SharedRing ring(page.page(), SharedRing::SlotWords::kTx);
    // The guest pushes before it can see req_event, so it does not notify.
    page.trap(SharedRing::kReqProd, 1);
    EXPECT(ring.wait_for(1) == true);
    EXPECT(page[SharedRing::kReqEvent] == 1);
  }

  TEST_CASE("a request pushed while we wait for two does not end the wait") {
    TrappedPage page;
    SharedRing ring(page.page(), SharedRing::SlotWords::kTx);
    page.trap(SharedRing::kReqProd, 1);
    EXPECT(ring.wait_for(2) == false);
    EXPECT(page[SharedRing::kReqEvent] == 2);
  }

  TEST_CASE("a guest that falls asleep while we publish is notified") {
    TrappedPage page;
    page.write(SharedRing::kReqProd, 1);
    page.write(SharedRing::kRspEvent, 100);
    SharedRing ring(page.page(), SharedRing::SlotWords::kTx);
    REQUIRE(ring.available() == 1);
    ring.consume(1);
    ring.respond(TxResponse{});
    // It asks for the next response, and looks at rsp_prod before that is published.
    page.trap(SharedRing::kRspEvent, 1);
    EXPECT(ring.publish());
    EXPECT(page[SharedRing::kRspProd] == 1);
  }
}

}  // namespace
}  // namespace sallyport::netback
