// Texts by lines.
#pragma once

#include <algorithm>
#include <string_view>

namespace sallyport::base {

// Editors of Windows put it in front of UTF-8 text.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The next line of `rest`, without its end (LF or CR LF), which is taken away with it. The last one
// needs no end.
inline std::string_view take_line(std::string_view& rest) {
  std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace sallyport::base
