#include "io/event_loop.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  UniqueFd read, write;
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
};

TEST_SUITE("io/event_loop") {
  TEST_CASE("timers run in the order of their times, each once") {
    EventLoop loop;
    std::string order;
    Timer late(loop, [&] { order += 'c'; });
    Timer middle(loop, [&] { order += 'b'; });
    Timer early(loop, [&] { order += 'a'; });
    late.set(milliseconds(30));
    early.set(milliseconds(-5));
    middle.set(milliseconds(10));
    EXPECT(run_until(loop, [&] { return order.size() == 3; }));
    EXPECT(order == "abc");
  }

  TEST_CASE("setting a timer again replaces its time, cancelling forgets it") {
    EventLoop loop;
    int runs = 0;
    bool cancelled_ran = false;
    Timer timer(loop, [&] { ++runs; });
    Timer cancelled(loop, [&] { cancelled_ran = true; });
    Timer end(loop, [&] { loop.stop(); });
    timer.set(std::chrono::hours(1));
    timer.set(milliseconds(1));
    cancelled.set(milliseconds(1));
    cancelled.cancel();
    cancelled.cancel();
    end.set(milliseconds(20));
    loop.run();
    EXPECT(runs == 1);
    EXPECT_FALSE(cancelled_ran);
  }

  TEST_CASE("a timer may set itself again from its callback") {
    EventLoop loop;
    int runs = 0;
    Timer timer(loop, [&] {
      if (++runs < 5) return timer.set(base::Duration::zero());
      loop.stop();
    });
    timer.set(base::Duration::zero());
    loop.run();
    EXPECT(runs == 5);
  }

  TEST_CASE("a descriptor is called back for while it is ready, and not while disabled") {
    EventLoop loop;
    Pipe pipe;
    int calls = 0;
    FdWatch watch(loop, pipe.read.get(), FdWatch::Readiness::kReadable, [&] { ++calls; });
    REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
    EXPECT(run_until(loop, [&] { return calls >= 3; }));
    watch.disable();
    const int before = calls;
    Timer end(loop, [&] { loop.stop(); });
    end.set(milliseconds(10));
    loop.run();
    EXPECT(calls == before);
    watch.enable();
    watch.enable();
    EXPECT(run_until(loop, [&] { return calls > before; }));
  }

  TEST_CASE("a watch that is destroyed calls nobody") {
    EventLoop loop;
    Pipe pipe;
    int calls = 0;
    {
      FdWatch watch(loop, pipe.write.get(), FdWatch::Readiness::kWritable, [&] { ++calls; });
      Timer timer(loop, [&] { ++calls; });
      timer.set(base::Duration::zero());
    }
    Timer end(loop, [&] { loop.stop(); });
    end.set(milliseconds(5));
    loop.run();
    EXPECT(calls == 0);
  }

  TEST_CASE("signals are callbacks too") {
    EventLoop loop;
    int received = 0;
    SignalWatch watch(loop, SIGUSR1, [&] { ++received; });
    ::raise(SIGUSR1);
    EXPECT(run_until(loop, [&] { return received == 1; }));
    ::raise(SIGUSR1);
    EXPECT(run_until(loop, [&] { return received == 2; }));
  }
}

}  // namespace
}  // namespace sallyport::io
