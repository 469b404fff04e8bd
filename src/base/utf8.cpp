#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport::base {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode 15.0: controls (Cc), and of the format characters (Cf), separators (Zl, Zp) and
// non-characters those that a text can do without.
constexpr std::array<Range, 12> kInvisible{{{0x00, 0x1f},
                                            {0x7f, 0x9f},
                                            {0xad, 0xad},
                                            {0x61c, 0x61c},
                                            {0x180e, 0x180e},
                                            {0x200b, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2060, 0x206f},
                                            {0xfdd0, 0xfdef},
                                            {0xfeff, 0xfeff},
                                            {0xfff0, 0xfffb},
                                            {0xe0000, 0xe0fff}}};

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return CodePoint{first, 1};
  const std::size_t size = first >= 0xf0 ? 4u : first >= 0xe0 ? 3u : 2u;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return std::nullopt;
  char32_t value = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return std::nullopt;
  return CodePoint{value, size};
}

bool is_visible(char32_t code_point) {
  if ((code_point & 0xfffe) == 0xfffe) return false;  // the last two of each plane
  return std::ranges::none_of(kInvisible, [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

bool is_visible_text(std::string_view text) {
  while (!text.empty()) {
    const auto next = first_code_point(text);
    if (!next || !is_visible(next->value)) return false;
    text.remove_prefix(next->size);
  }
  return true;
}

}  // namespace sallyport::base
