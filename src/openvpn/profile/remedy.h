// What a user can do about a line that is refused, in one line, and whether the file can be mended
// by itself: `sallyport check` and its --fix.
#pragma once

#include <string>
#include <string_view>

#include "openvpn/profile/config_words.h"
#include "openvpn/profile/ruling.h"

namespace sallyport::openvpn {

struct Remedy {
  enum class Fix {
    kNone,     // only the user can
    kDelete,   // without the line the profile says the same, or only asks for less
    kReplace,  // `line` says the same
  };
  Fix fix = Fix::kNone;
  std::string text{};
  std::string line{};
};

// For a refused line. `words` is the whole of it; null when it is not known any more. Never a fix
// that would make the server's identity, the wrap or the way to the server weaker or another.
Remedy remedy_for(std::string_view option, const Ruling& ruling, const ConfigWords* words);

}  // namespace sallyport::openvpn
