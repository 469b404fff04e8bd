// A profile with what is refused taken out, as far as that can be done without asking anyone.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

struct FixedProfile {
  base::SecretBytes text;
  std::size_t changes = 0;  // lines taken out, replaced or added
  std::size_t left = 0;     // refused lines that only the user can mend
};

// Of the refused lines, how many fix_profile() takes out or replaces.
struct FixCount {
  std::size_t mendable = 0;
  std::size_t refused = 0;
};
FixCount count_fixes(const ProfileReport& report);

// `file` is what `report` is about. What is taken out stays as a comment, with the reason; what was
// added because of a warning is written down.
FixedProfile fix_profile(base::Bytes file, const ProfileReport& report);

}  // namespace sallyport::openvpn
