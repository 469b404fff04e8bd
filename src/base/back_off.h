// A pause that doubles with each failure, up to a longest one.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/time.h"

namespace sallyport::base {

// `first`, doubled so many `times`; at most `longest`.
constexpr Duration doubled(Duration first, std::size_t times, Duration longest) {
  for (; times > 0 && first < longest; --times) first *= 2;
  return std::min(first, longest);
}

}  // namespace sallyport::base
