#include "gateway/inside_batch.h"

#include "base/check.h"

namespace sallyport::gateway {

InsideBatch::InsideBatch() {
  frames_.reserve(kMaxFrames);
  pieces_.reserve(2 * kMaxFrames);
}

bool InsideBatch::has_room() const {
  return frames_.size() + kMostFragments <= kMaxFrames &&
         kScratch - scratch_used_ >= kLargestDatagram;
}

base::MutableBytes InsideBatch::scratch(std::size_t size) {
  CHECK(size <= kScratch - scratch_used_);
  const base::MutableBytes space = scratch_.bytes().subspan(scratch_used_, size);
  scratch_used_ += size;
  return space;
}

void InsideBatch::add(net::ClientId client, const net::Offload& offload, base::Bytes first,
                      std::span<const base::Bytes> rest) {
  frames_.push_back({client, offload, pieces_.size(), 1 + rest.size()});
  pieces_.push_back(first);
  pieces_.insert(pieces_.end(), rest.begin(), rest.end());
}

void InsideBatch::clear() {
  frames_.clear();
  pieces_.clear();
  scratch_used_ = 0;
}

}  // namespace sallyport::gateway
