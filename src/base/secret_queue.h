// Secret bytes that come in at one end and are taken at the other. Where they were is wiped when
// they move and when they go, so there is never a copy that nobody knows of.
#pragma once

#include "base/secret.h"

namespace sallyport::base {

class SecretQueue {
 public:
  std::size_t size() const { return size_; }
  // Good until the next change.
  Bytes reveal() const { return space_.reveal().first(size_); }

  void append(Bytes bytes);
  // Of the front; at most size().
  void consume(std::size_t count);

 private:
  SecretBytes space_;
  std::size_t size_ = 0;
};

}  // namespace sallyport::base
