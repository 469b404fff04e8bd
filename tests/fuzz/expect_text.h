// What every text that may reach a log must be, whatever the input was.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"

namespace sallyport::fuzz {

inline void expect_text(std::string_view text, std::size_t limit) {
  CHECK(text.size() <= limit);
  CHECK(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; }));
}

// The same, where people write to people.
inline void expect_legible(std::string_view text, std::size_t limit) {
  CHECK(text.size() <= limit);
  CHECK(base::is_visible_text(text));
}

}  // namespace sallyport::fuzz
