// Reads an .ovpn file as people have them. Every option line gets a verdict; nothing is read and
// silently without effect (docs/protocol.md, "Profiles").
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "openvpn/profile/profile.h"
#include "openvpn/profile/profile_files.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

struct ReadProfile {
  ProfileReport report;
  std::optional<Profile> profile;  // there exactly when report.usable()
};

// `name` is what messages call the profile. `file` is borrowed for the call; it holds keys, so the
// caller keeps it in a SecretBytes. Bad input of any kind ends in a report.
ReadProfile read_profile(std::string_view name, base::Bytes file, ProfileFiles& files);

}  // namespace sallyport::openvpn
