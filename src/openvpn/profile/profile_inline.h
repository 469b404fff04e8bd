// A profile with the files beside it taken in, so that it can go where there is only one file.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "openvpn/profile/profile_files.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

struct InlinedProfile {
  base::SecretBytes text;
  std::size_t files = 0;  // that became blocks
};

// `file` is what `report` is about. Each line that is honoured and names a file becomes the block
// of that file; lines whose option has no block (socks-proxy) and whose file is not there stay as
// they are. The result is no larger than a profile may be.
InlinedProfile inline_files(base::Bytes file, const ProfileReport& report, ProfileFiles& files);

}  // namespace sallyport::openvpn
