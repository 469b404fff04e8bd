// A fixed piece of memory whose pages are taken only when they are first written: for pools that
// are sized for the worst and mostly use a little. Its content starts undefined.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace sallyport::base {

class Buffer {
 public:
  explicit Buffer(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(size)), size_(size) {}

  MutableBytes bytes() { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

}  // namespace sallyport::base
