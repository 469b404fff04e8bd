// The one way text that others wrote (a profile's author, a server) gets into a message of ours: a
// log, a terminal or a JSON reader sees text of bounded length, without anything that controls it,
// and nothing else (CVE-2024-5594). What a machine is to read is shown byte by byte, what a person
// is to read in his own letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::openvpn {

inline constexpr std::size_t kPrintableLimit = 80;

// Every byte outside 0x20..0x7e becomes \xNN and a backslash is doubled, so that two texts never
// look the same. At most `limit` bytes of `text` are shown; a longer one ends in "...".
std::string printable(std::string_view text, std::size_t limit = kPrintableLimit);

// Where people write to people (a question, the reason of a refusal): the signs of all scripts stay
// too, in UTF-8; controls, what hides or turns text, and what is no UTF-8 become \xNN. Cut between
// two signs.
std::string legible(std::string_view text, std::size_t limit = kPrintableLimit);

// The same as printable() between single quotes, for use inside a sentence.
std::string quoted(std::string_view text, std::size_t limit = kPrintableLimit);

}  // namespace sallyport::openvpn
