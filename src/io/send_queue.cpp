#include "io/send_queue.h"

#include "base/check.h"

namespace sallyport::io {

bool SendQueue::add(base::Bytes bytes) {
  if (bytes.size() > limit_ - waiting().size()) return false;
  // What was sent is thrown away before there is more.
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return true;
}

void SendQueue::sent(std::size_t count) {
  CHECK(count <= waiting().size());
  begin_ += count;
}

}  // namespace sallyport::io
