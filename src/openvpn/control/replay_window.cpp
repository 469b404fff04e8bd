#include "openvpn/control/replay_window.h"

#include <algorithm>

namespace sallyport::openvpn {

ReplayWindow::ReplayWindow(std::uint32_t size)
    : size_((size + kBlockBits - 1) / kBlockBits * kBlockBits),
      // One block more than the window, so that the block being filled never holds bits of the
      // window's tail; a power of two, so that the modulo is a mask.
      blocks_([this] {
        std::uint64_t blocks = 2;
        while (blocks < size_ / kBlockBits + 1) blocks *= 2;
        return blocks;
      }()) {}

bool ReplayWindow::is_fresh(std::uint64_t id) const {
  if (id == 0) return false;
  if (id > highest_) return true;
  if (highest_ - id >= size_) return false;
  return (block_of(id) >> id % kBlockBits & 1) == 0;
}

void ReplayWindow::commit(std::uint64_t id) {
  if (id > highest_) {
    // Clear the blocks the window moves into; a jump beyond the whole ring clears it once.
    const std::uint64_t blocks_ahead = id / kBlockBits - highest_ / kBlockBits;
    const std::uint64_t cleared = std::min<std::uint64_t>(blocks_ahead, blocks_.size());
    for (std::uint64_t i = 0; i < cleared; ++i) block_of(id - i * kBlockBits) = 0;
    highest_ = id;
  }
  block_of(id) |= std::uint64_t{1} << id % kBlockBits;
}

void ReplayWindow::reset() {
  highest_ = 0;
  std::ranges::fill(blocks_, 0);
}

}  // namespace sallyport::openvpn
