// Pieces of packets, cut by us or made up, in any order, with losses and repetitions: what comes
// out whole is what went in, and nothing is ever larger than the limit.
#include <algorithm>

#include "base/check.h"
#include "fuzz_input.h"
#include "openvpn/data/fragments.h"

namespace sallyport::openvpn {
namespace {

using Packet = std::vector<std::uint8_t>;

class Path {
 public:
  void run(testing::FuzzInput& input) {
    switch (input.below(4)) {
      case 0:
        return receive(input.bytes(input.u8()));
      case 1:
        return send(input);
      case 2: {
        if (pieces_.empty()) return;
        const std::size_t which = input.u8() % pieces_.size();
        return receive(pieces_[which]);
      }
      case 3:
        now_ += std::chrono::seconds(input.u8());
        reassembly_.batch_done(now_);
        return;
    }
  }

 private:
  // Cut, and delivered in the order that the input wants; kept for later repetitions.
  void send(testing::FuzzInput& input) {
    const Packet packet(1 + input.u16() % FragmentReassembly::kMaxPacket, ++fill_);
    const std::size_t limit = 4 + input.u16() % 1600;
    const auto plan = FragmentPlan::make(packet.size(), limit, sequence_++);
    CHECK(plan || packet.size() > (kMaxFragments - 1) * (limit / 4 * 4));
    if (!plan) return;
    Packet joined;
    const std::size_t lost = input.u8();
    for (std::size_t i = 0; i < plan->count(); ++i) {
      Packet piece(plan->size(i));
      CHECK(piece.size() <= kFragmentHeaderSize + limit);
      plan->write(i, packet, piece);
      joined.insert(joined.end(), piece.begin() + kFragmentHeaderSize, piece.end());
      pieces_.push_back(piece);
      if (i != lost) receive(std::move(piece));
    }
    CHECK(joined == packet);
    if (pieces_.size() > 64) pieces_.clear();
  }

  // On the far side of a fresh channel a cut packet comes out as it went in.
  void receive(Packet piece) {
    const std::size_t size = piece.size();
    const auto whole = reassembly_.add(piece);
    if (!whole || !*whole) return;
    CHECK((**whole).size() <= std::max(size, FragmentReassembly::kMaxPacket));
  }

  BatchMemory memory_;
  FragmentReassembly reassembly_{memory_};
  std::vector<Packet> pieces_;
  std::uint8_t sequence_ = 0;
  std::uint8_t fill_ = 0;
  base::Instant now_{std::chrono::seconds(1000)};
};

// One packet alone, its pieces in reverse order.
void expect_round_trip(testing::FuzzInput& input) {
  const std::size_t limit = 4 + input.u16() % 1600;
  const std::uint8_t sequence = input.u8();
  const Packet packet = input.bytes(1 + input.u16() % FragmentReassembly::kMaxPacket);
  if (packet.empty()) return;
  const auto plan = FragmentPlan::make(packet.size(), limit, sequence);
  if (!plan) return;
  BatchMemory memory;
  FragmentReassembly reassembly(memory);
  for (std::size_t i = plan->count(); i-- > 0;) {
    Packet piece(plan->size(i));
    plan->write(i, packet, piece);
    const auto whole = reassembly.add(piece);
    CHECK(whole.has_value() && whole->has_value() == (i == 0));
    if (*whole) CHECK(std::ranges::equal(**whole, packet));
  }
}

void run(testing::FuzzInput input) {
  expect_round_trip(input);
  Path path;
  while (!input.done()) path.run(input);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::openvpn::run({data, size});
  return 0;
}
