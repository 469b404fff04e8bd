#include "base/secret_queue.h"

#include <algorithm>

namespace sallyport::base {

void SecretQueue::append(Bytes bytes) {
  if (space_.size() - size_ < bytes.size()) {
    SecretBytes larger(std::max(2 * space_.size(), size_ + bytes.size()));
    copy_bytes(reveal(), larger.reveal_mutable());
    space_ = std::move(larger);
  }
  copy_bytes(bytes, space_.reveal_mutable().subspan(size_));
  size_ += bytes.size();
}

void SecretQueue::consume(std::size_t count) {
  CHECK(count <= size_);
  const MutableBytes used = space_.reveal_mutable().first(size_);
  std::ranges::copy(used.subspan(count), used.begin());
  size_ -= count;
  wipe(used.subspan(size_));
}

}  // namespace sallyport::base
