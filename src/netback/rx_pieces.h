// A frame's pieces as one run of bytes, to be taken from the front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace sallyport::netback {

class RxPieces {
 public:
  explicit RxPieces(std::span<const base::Bytes> pieces) : pieces_(pieces) {}

  // The next bytes that lie together, at least one and at most `limit`. There is one left.
  base::Bytes take(std::size_t limit) {
    const base::Bytes piece = pieces_.front().subspan(used_);
    const base::Bytes taken = piece.first(std::min(limit, piece.size()));
    used_ += taken.size();
    if (taken.size() == piece.size()) {
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
    return taken;
  }

 private:
  std::span<const base::Bytes> pieces_;
  std::size_t used_ = 0;  // of the first
};

}  // namespace sallyport::netback
