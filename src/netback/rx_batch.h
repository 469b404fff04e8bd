// One batch of frames on their way to one guest: the grant copies to run and the responses to give
// when they have run. It is scratch: one serves all rings in turn. Nothing in it is allocated. It
// borrows the frames' memory until RxRing::finish().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "netback/grant_copy.h"
#include "netback/offload.h"
#include "netback/shared_ring.h"
#include "netback/wire.h"

namespace sallyport::netback {

class RxPieces;

class RxBatch {
 public:
  static constexpr std::size_t kMaxSlots = SharedRing::kSlots;
  // Pieces of memory that one frame may lie in.
  static constexpr std::size_t kMaxPieces = 80;
  // A copy ends where its piece or the guest's page does.
  static constexpr std::size_t kMaxCopies = 1024;

  // Nothing was added since the last finish().
  bool empty() const { return slot_count_ == 0; }
  // To be run in one call, in any order, each marked as done or not.
  std::span<CopyToGuest> copies() { return std::span(copies_).first(copy_count_); }

 private:
  friend class RxRing;

  // Either is 8 bytes of the ring.
  using Slot = std::variant<RxResponse, ExtraInfo>;
  // A frame's parts, as positions in the arrays.
  struct Frame {
    std::size_t first_copy = 0;
    std::size_t copy_count = 0;
    std::size_t bytes = 0;
  };

  void clear() { slot_count_ = copy_count_ = frame_count_ = 0; }
  void open_frame(std::size_t bytes);
  // One page of the frame: the next `size` bytes of `pieces` to the page that was posted.
  void add_page(const RxRequest& request, RxPieces& pieces, std::size_t size, std::uint16_t flags);
  void add_gso(const Offload& offload);
  // After the copies: owes kError for the slots of which one failed. Whether all of the frame's
  // succeeded.
  bool settle(const Frame& frame);

  std::array<Slot, kMaxSlots> slots_;
  std::array<Frame, kMaxSlots> frames_;
  std::array<CopyToGuest, kMaxCopies> copies_;
  std::array<std::uint16_t, kMaxCopies> slot_of_copy_;
  std::size_t slot_count_ = 0;
  std::size_t frame_count_ = 0;
  std::size_t copy_count_ = 0;
};

}  // namespace sallyport::netback
