// Frames that a guest has no buffers for just now: it may be off the processor while a whole batch
// arrives. Bounded in bytes, so a guest that never reads costs no more than that.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "netback/rx_ring.h"

namespace sallyport::xen {

class RxBacklog {
 public:
  // Of one ring: four super-packets, or some 170 frames of a full link.
  static constexpr std::size_t kMaxBytes = 256 * 1024;

  bool empty() const { return frames_.empty(); }
  // Keeps a copy; false when there is no room.
  bool push(const netback::RxFrame& frame);

  // The oldest one, good until pop(). Only while not empty.
  netback::RxFrame front();
  void pop();

 private:
  struct Kept {
    std::vector<std::uint8_t> bytes;
    netback::Offload offload;
  };

  std::deque<Kept> frames_;
  std::size_t bytes_ = 0;
  base::Bytes piece_;  // what front() points to
};

}  // namespace sallyport::xen
