// What word processors and web pages make of plain text: longer dashes and curly quotes, which
// OpenVPN takes for letters.
#pragma once

#include <string_view>

namespace sallyport::openvpn {

// `text` without the dashes that it begins with, where one of them is a typographic one; else the
// same.
std::string_view without_typographic_dashes(std::string_view text);

bool begins_with_typographic_quote(std::string_view text);

}  // namespace sallyport::openvpn
