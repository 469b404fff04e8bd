// Which packet ids were seen: a sliding window below the highest one (docs/protocol.md, "Wraps";
// the bitmap ring of RFC 6479). Two steps: check before the packet is believed, commit once it is
// authenticated.
#pragma once

#include <cstdint>
#include <vector>

namespace sallyport::openvpn {

class ReplayWindow {
 public:
  // Accepts ids up to about `size` below the highest seen one; rounded up to a whole number of
  // 64-bit blocks.
  explicit ReplayWindow(std::uint32_t size);

  // True when `id` is new: above the highest, or within the window and not seen. 0 is never valid.
  bool is_fresh(std::uint64_t id) const;
  // Marks `id` seen, sliding the window up when it is the highest. Only for a fresh id.
  void commit(std::uint64_t id);
  void reset();

 private:
  static constexpr std::uint64_t kBlockBits = 64;

  std::uint64_t& block_of(std::uint64_t id) { return blocks_[id / kBlockBits % blocks_.size()]; }
  const std::uint64_t& block_of(std::uint64_t id) const {
    return blocks_[id / kBlockBits % blocks_.size()];
  }

  std::uint64_t highest_ = 0;
  std::uint64_t size_;
  std::vector<std::uint64_t> blocks_;
};

}  // namespace sallyport::openvpn
