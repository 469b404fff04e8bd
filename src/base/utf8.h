// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sallyport::base {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  // bytes, 1 to 4
};

// What `text` begins with; nullopt when it is empty or does not begin with a whole code point.
std::optional<CodePoint> first_code_point(std::string_view text);

// Whether a reader sees this as a sign on its own line, in its own place: no control character (C0,
// DEL, C1), nothing that hides, or that turns the direction of its neighbours.
bool is_visible(char32_t code_point);

// Valid UTF-8 of visible signs only.
bool is_visible_text(std::string_view text);

}  // namespace sallyport::base
