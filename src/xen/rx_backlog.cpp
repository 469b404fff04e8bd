#include "xen/rx_backlog.h"

#include "base/check.h"

namespace sallyport::xen {

bool RxBacklog::push(const netback::RxFrame& frame) {
  std::size_t size = 0;
  for (const base::Bytes piece : frame.pieces) size += piece.size();
  if (bytes_ + size > kMaxBytes) return false;
  Kept kept{{}, frame.offload};
  kept.bytes.reserve(size);
  for (const base::Bytes piece : frame.pieces)
    kept.bytes.insert(kept.bytes.end(), piece.begin(), piece.end());
  frames_.push_back(std::move(kept));
  bytes_ += size;
  return true;
}

netback::RxFrame RxBacklog::front() {
  CHECK(!empty());
  piece_ = frames_.front().bytes;
  return {std::span(&piece_, 1), frames_.front().offload};
}

void RxBacklog::pop() {
  CHECK(!empty());
  bytes_ -= frames_.front().bytes.size();
  frames_.pop_front();
}

}  // namespace sallyport::xen
