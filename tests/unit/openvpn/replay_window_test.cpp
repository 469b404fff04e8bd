#include "openvpn/control/replay_window.h"

#include <algorithm>
#include <limits>
#include <set>

#include "counting_rng.h"
#include "openvpn/control/control_wrapper.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

TEST_SUITE("openvpn/replay_window") {
  TEST_CASE("walks the edges of a window of 64") {
    ReplayWindow window(64);
    struct Row {
      std::uint64_t id;
      bool fresh;
    };
    for (const Row& row : {Row{0, false},
                           Row{1, true},
                           Row{1, false},
                           Row{3, true},
                           Row{2, true},
                           Row{2, false},
                           Row{66, true},
                           Row{2, false},
                           Row{3, false},
                           Row{4, true},
                           Row{65, true},
                           Row{1, false},
                           Row{1000000, true},
                           Row{66, false},
                           Row{1000000 - 63, true},
                           Row{1000000 - 64, false},
                           Row{0xfffffffe, true},
                           Row{0xffffffff, true},
                           Row{0xffffffff, false},
                           Row{0xfffffffd, true},
                           Row{0, false}}) {
      CAPTURE(row.id);
      EXPECT(window.is_fresh(row.id) == row.fresh);
      if (row.fresh) window.commit(row.id);
    }
  }

  TEST_CASE("agrees with a set of all seen ids, over random walks") {
    for (std::uint32_t size : {64u, 100u, 2048u}) {
      const std::uint64_t real_size = (size + 63) / 64 * 64;
      testing::CountingRng rng(size);
      ReplayWindow window(size);
      std::set<std::uint64_t> seen;
      std::uint64_t highest = 0;
      for (int step = 0; step < 20000; ++step) {
        const std::uint64_t jump = rng.next() % 20 == 0 ? rng.next() % (3 * size) : rng.next() % 8;
        const std::uint64_t back = rng.next() % (size + size / 2);
        const std::uint64_t id =
            rng.next() % 2 == 0 ? highest + jump : highest - std::min(highest, back);
        const bool fresh =
            id != 0 && !seen.contains(id) && (id > highest || highest - id < real_size);
        REQUIRE(window.is_fresh(id) == fresh);
        if (!fresh) continue;
        window.commit(id);
        seen.insert(id);
        highest = std::max(highest, id);
      }
    }
  }
}

TEST_SUITE("openvpn/control_replay_filter") {
  TEST_CASE("a later time starts over, an earlier one is refused") {
    ControlReplayFilter filter;
    filter.commit({.counter = 5, .time = 1000});
    EXPECT_FALSE(filter.is_fresh({.counter = 5, .time = 1000}));
    EXPECT(filter.is_fresh({.counter = 4, .time = 1000}));
    EXPECT_FALSE(filter.is_fresh({.counter = 6, .time = 999}));
    EXPECT(filter.is_fresh({.counter = 1, .time = 1001}));
    filter.commit({.counter = 1, .time = 1001});
    EXPECT_FALSE(filter.is_fresh({.counter = 6, .time = 1000}));
    EXPECT_FALSE(filter.is_fresh({.counter = 0, .time = 1002}));
  }

  TEST_CASE("a counter that starts at 0x0f000001 needs no special window") {
    ControlReplayFilter filter;
    filter.commit({.counter = 0x0f000001, .time = 1});
    EXPECT(filter.is_fresh({.counter = 0x0f000002, .time = 1}));
    EXPECT_FALSE(filter.is_fresh({.counter = 1, .time = 1}));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
