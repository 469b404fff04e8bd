#include "xen/rx_backlog.h"

#include <array>

#include "test.h"

namespace sallyport::xen {
namespace {

TEST_SUITE("xen/rx_backlog") {
  TEST_CASE("keeps copies of frames, in order, with what is left to be done for them") {
    RxBacklog backlog;
    std::vector<std::uint8_t> header(14, 1), body(100, 2);
    netback::Offload offload;
    offload.gso = netback::Gso::kTcp4;
    offload.segment_size = 50;
    {
      const std::array<base::Bytes, 2> pieces{header, body};
      REQUIRE(backlog.push({pieces, offload}));
      body.assign(100, 9);
      const std::array<base::Bytes, 1> one{body};
      REQUIRE(backlog.push({one, {}}));
    }
    const netback::RxFrame first = backlog.front();
    REQUIRE(first.pieces.size() == 1);
    EXPECT(first.pieces[0].size() == 114);
    EXPECT(first.pieces[0][13] == 1);
    EXPECT(first.pieces[0][14] == 2);
    EXPECT(first.offload == offload);
    backlog.pop();
    EXPECT(backlog.front().pieces[0][0] == 9);
    backlog.pop();
    EXPECT(backlog.empty());
  }

  TEST_CASE("takes no more than its bound, and takes again when something went") {
    RxBacklog backlog;
    const std::vector<std::uint8_t> frame(60000);
    const base::Bytes piece(frame);
    int taken = 0;
    while (backlog.push({std::span(&piece, 1), {}})) ++taken;
    EXPECT(taken == RxBacklog::kMaxBytes / frame.size());
    backlog.pop();
    EXPECT(backlog.push({std::span(&piece, 1), {}}));
    EXPECT_FALSE(backlog.push({std::span(&piece, 1), {}}));
  }
}

}  // namespace
}  // namespace sallyport::xen
