#include "daemon/vchan_link.h"

extern "C" {
#include <libxenvchan.h>
}
#include <sys/eventfd.h>
#include <unistd.h>

#include "counting_rng.h"
#include "io/clock.h"
#include "io/unique_fd.h"
#include "netback/restart_limit.h"
#include "test.h"

// A vchan without Xen: its shared page, and the other end's hand in it.
namespace {

struct FakeVchan {
  vchan_interface page{};
  libxenvchan handle{};
  sallyport::io::UniqueFd events{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)};
  unsigned made = 0;
  unsigned taken = 0;  // events

  void notify() const { REQUIRE(::eventfd_write(events.get(), 1) == 0); }
};
FakeVchan* fake = nullptr;

}  // namespace

extern "C" {

libxenvchan* libxenvchan_server_init(xentoollog_logger*, int, const char*, size_t, size_t) {
  ++fake->made;
  fake->handle.ring = &fake->page;
  fake->page.cli_live = 2;
  fake->page.srv_live = 1;
  return &fake->handle;
}
// Nobody calls it here; without it the library's own comes in, with a second server_init.
libxenvchan* libxenvchan_client_init(xentoollog_logger*, int, const char*) {
  return nullptr;
}
void libxenvchan_close(libxenvchan*) {}
int libxenvchan_fd_for_select(libxenvchan*) {
  return fake->events.get();
}
int libxenvchan_wait(libxenvchan*) {
  eventfd_t value;
  ++fake->taken;
  return ::eventfd_read(fake->events.get(), &value);
}
int libxenvchan_is_open(libxenvchan* vchan) {
  return vchan->ring->cli_live;
}
int libxenvchan_data_ready(libxenvchan* vchan) {
  return static_cast<int>(vchan->ring->left.prod - vchan->ring->left.cons);
}
// Whatever is there is zeros, which are no packets.
int libxenvchan_read(libxenvchan* vchan, void* data, size_t size) {
  const size_t count = std::min<size_t>(size, static_cast<size_t>(libxenvchan_data_ready(vchan)));
  std::fill_n(static_cast<std::uint8_t*>(data), count, std::uint8_t{0});
  vchan->ring->left.cons += static_cast<std::uint32_t>(count);
  return static_cast<int>(count);
}
int libxenvchan_buffer_space(libxenvchan*) {
  return 0;
}
int libxenvchan_send(libxenvchan*, const void*, size_t) {
  return 0;
}
int xenevtchn_notify(xenevtchn_handle*, evtchn_port_t) {
  return 0;
}

}  // extern "C"

namespace sallyport::daemon {
namespace {

struct Bed {
  FakeVchan vchan;
  testing::CountingRng rng;
  gateway::Router router{rng};
  io::EventLoop loop;
  std::vector<std::string> lines;
  std::unique_ptr<VchanLink> link;

  Bed() {
    fake = &vchan;
    VchanLink::Events events;
    events.readable = [this](VchanLink& readable) { readable.read(router, io::read_clock(), 32); };
    events.log = [this](const std::string& line) { lines.push_back(line); };
    link = std::make_unique<VchanLink>(loop, netback::DomainId(7), std::move(events));
    turns(2);
  }
  ~Bed() {
    link.reset();
    fake = nullptr;
  }
  // Of the loop, each with everything that is ready.
  void turns(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      io::Timer end(loop, [this] { loop.stop(); });
      end.set(base::Duration::zero());
      loop.run();
    }
  }
  void come_and_go() {
    vchan.page.cli_live = 1;
    vchan.notify();
    turns(2);
    vchan.page.cli_live = 0;
    vchan.notify();
    turns(3);
  }
};

TEST_SUITE("daemon/vchan_link") {
  TEST_CASE("a vchan whose other end leaves waits for it again with the pages that it has") {
    Bed bed;
    for (unsigned i = 0; i < 3; ++i) {
      bed.come_and_go();
      EXPECT(bed.vchan.page.cli_live == 2);
    }
    EXPECT(bed.vchan.made == 1);
    EXPECT(bed.lines.size() == 6);
  }

  TEST_CASE(
      "an end that comes and goes without end is waited for eight times, and then with pauses") {
    Bed bed;
    for (unsigned i = 0; i < 40; ++i) bed.come_and_go();
    EXPECT(bed.vchan.made == 1);
    EXPECT(bed.vchan.page.cli_live == 0);
    // Both lines of each round, and one that says why there are no more.
    EXPECT(bed.lines.size() <= 2 * netback::RestartLimit::kBurst + 3);
  }

  TEST_CASE("an end whose stream is no packets is hung up on, and its pages are kept") {
    Bed bed;
    bed.vchan.page.cli_live = 1;
    bed.vchan.page.left.prod = 100;
    bed.vchan.notify();
    bed.turns(2);
    EXPECT(bed.vchan.page.srv_live == 0);
    EXPECT(bed.vchan.made == 1);
    EXPECT(bed.lines.back().contains("are no packets"));
  }

  TEST_CASE("events about nothing are taken ever less") {
    Bed bed;
    bed.vchan.page.cli_live = 1;
    for (int i = 0; i < 2000; ++i) {
      bed.vchan.notify();
      bed.turns(1);
    }
    EXPECT(bed.vchan.taken < 200);
  }
}

}  // namespace
}  // namespace sallyport::daemon
