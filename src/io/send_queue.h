// Bytes that a stream has not taken yet, up to a limit.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace sallyport::io {

class SendQueue {
 public:
  explicit SendQueue(std::size_t limit) : limit_(limit) {}

  // False when there is no room for all of it; then nothing was added.
  [[nodiscard]] bool add(base::Bytes bytes);
  // Good until add() or sent().
  base::Bytes waiting() const { return base::Bytes(bytes_).subspan(begin_); }
  void sent(std::size_t count);
  bool empty() const { return begin_ == bytes_.size(); }

 private:
  std::size_t limit_;
  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0;  // of what waits
};

}  // namespace sallyport::io
