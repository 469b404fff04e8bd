// Frames on their way to clients, as pieces of memory: a header of ours and payloads where they
// were decrypted. Nothing is copied until the link takes them, so the batch is delivered before the
// buffers it points into are used again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "net/nat/flow.h"
#include "net/offload.h"

namespace sallyport::gateway {

class InsideBatch {
 public:
  // Pieces of one frame: a merged run's segments and its header (net::MergedRun).
  static constexpr std::size_t kMaxPieces = 66;

  InsideBatch();

  struct Frame {
    net::ClientId client;
    net::Offload offload;  // offsets from the start of the IP header, as in net
    std::size_t first_piece = 0;
    std::size_t piece_count = 0;
  };

  bool empty() const { return frames_.empty(); }
  // False: deliver and clear() first. When true, there is room for the frames of one more packet,
  // and scratch space for those of our own making: one datagram of any size in fragments.
  bool has_room() const;

  // Memory for a frame, or the header of one, that does not exist yet; good until clear().
  base::MutableBytes scratch(std::size_t size);

  // A frame of the pieces given, the first of which starts with the Ethernet header.
  void add(net::ClientId client, const net::Offload& offload, base::Bytes first,
           std::span<const base::Bytes> rest = {});

  std::span<const Frame> frames() const { return frames_; }
  std::span<const base::Bytes> pieces_of(const Frame& frame) const {
    return std::span(pieces_).subspan(frame.first_piece, frame.piece_count);
  }
  void clear();

 private:
  // Fragments of the largest datagram there is, when each takes headers of 128 bytes along
  // (net/fragment.h) at the links' MTU.
  static constexpr std::size_t kMostFragments = 65535 / (1500 - 128 - 8) + 1;
  static constexpr std::size_t kLargestDatagram = kMostFragments * 1500;
  // Two of them, so that not each has to be delivered by itself.
  static constexpr std::size_t kScratch = 2 * kLargestDatagram;
  static constexpr std::size_t kMaxFrames = 1024;

  std::vector<Frame> frames_;
  std::vector<base::Bytes> pieces_;
  base::Buffer scratch_{kScratch};
  std::size_t scratch_used_ = 0;
};

}  // namespace sallyport::gateway
