// What a message calls an option line. A line that names no option may be anything, also a line of
// a key whose block was opened wrongly: then it is not shown.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::openvpn {

std::string shown_option_name(std::string_view name);

}  // namespace sallyport::openvpn
