// The one way text that others wrote (a profile's author, a server) gets into a message of ours: a
// log, a terminal or a JSON reader sees printable ASCII of bounded length and nothing else
// (CVE-2024-5594).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::openvpn {

inline constexpr std::size_t kPrintableLimit = 80;

// Every byte outside 0x20..0x7e becomes \xNN and a backslash is doubled, so that two texts never
// look the same. At most `limit` bytes of `text` are shown; a longer one ends in "...".
std::string printable(std::string_view text, std::size_t limit = kPrintableLimit);

// The same between single quotes, for use inside a sentence.
std::string quoted(std::string_view text, std::size_t limit = kPrintableLimit);

}  // namespace sallyport::openvpn
