// A stream in pieces of any size: what comes out is what a reader of the whole stream would find.
#include <algorithm>

#include "base/check.h"
#include "fuzz_input.h"
#include "openvpn/wire/tcp_framing.h"

namespace sallyport::openvpn {
namespace {

// The whole stream at once, as the plainest reader there is would cut it.
class WholeStream {
 public:
  WholeStream(base::Bytes stream, std::size_t limit) : rest_(stream), limit_(limit) {}

  void expect_next(base::Bytes packet) {
    CHECK(packet.size() <= limit_ && rest_.size() >= kTcpLengthSize + packet.size());
    CHECK(static_cast<std::size_t>(rest_[0] << 8 | rest_[1]) == packet.size());
    CHECK(std::ranges::equal(packet, rest_.subspan(kTcpLengthSize, packet.size())));
    rest_ = rest_.subspan(kTcpLengthSize + packet.size());
  }
  void expect_bad_length() const {
    const auto length = static_cast<std::size_t>(rest_[0] << 8 | rest_[1]);
    CHECK(length == 0 || length > limit_);
  }
  // `left`: how much has been given and not come out.
  void expect_nothing_whole(std::size_t left) const {
    CHECK(left < kTcpLengthSize ||
          left < kTcpLengthSize + static_cast<std::size_t>(rest_[0] << 8 | rest_[1]));
  }
  std::size_t remaining() const { return rest_.size(); }

 private:
  base::Bytes rest_;
  std::size_t limit_;
};

// Takes all packets there are; false after an error.
bool take(TcpDeframer& deframer, WholeStream& expected, std::size_t to_come) {
  for (;;) {
    const auto packet = deframer.next();
    if (!packet) {
      expected.expect_bad_length();
      CHECK(!deframer.next());
      return false;
    }
    if (!*packet) {
      expected.expect_nothing_whole(expected.remaining() - to_come);
      return true;
    }
    expected.expect_next(**packet);
    // They are decrypted where they lie.
    std::ranges::fill(**packet, std::uint8_t{0xaa});
  }
}

void run(testing::FuzzInput input) {
  const std::size_t limit = 1 + input.u16() % 2000;
  const std::size_t step = 1 + input.u8();
  const std::vector<std::uint8_t> stream = input.rest();
  TcpDeframer deframer(limit);
  WholeStream expected(stream, limit);
  for (base::Bytes rest = stream; !rest.empty();) {
    // Pieces that grow and shrink, so that packets are cut everywhere.
    const std::size_t wanted = 1 + rest.size() % step;
    const base::MutableBytes space = deframer.free_space();
    CHECK(!space.empty());
    const base::Bytes piece = rest.first(std::min({wanted, rest.size(), space.size()}));
    std::ranges::copy(piece, space.begin());
    deframer.filled(piece.size());
    rest = rest.subspan(piece.size());
    if (!take(deframer, expected, rest.size())) return;
  }
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::openvpn::run({data, size});
  return 0;
}
