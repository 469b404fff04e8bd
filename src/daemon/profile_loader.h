// From files to what the client connects with.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/file_source.h"
#include "openvpn/profile/profile_reader.h"
#include "openvpn/session/client.h"

namespace sallyport::daemon {

// The files beside a profile, and no others.
class FilesBeside final : public openvpn::ProfileFiles {
 public:
  // `source` outlives it.
  FilesBeside(const std::string& profile, FileSource& source);
  std::expected<base::SecretBytes, std::string> read(std::string_view file_name) override;

 private:
  std::filesystem::path directory_;
  FileSource& source_;
};

// A profile file with the files beside it.
struct LoadedProfile {
  openvpn::ProfileReport report;
  std::optional<openvpn::Profile> profile;
};
std::expected<LoadedProfile, std::string> load_profile(const std::string& path, FileSource& source);

// The usable ones among `paths`, ready to connect; `problems` says what is wrong with the others, a
// line each.
struct LoadedProfiles {
  std::vector<openvpn::ClientProfile> usable;
  std::vector<std::string> problems;
};
LoadedProfiles load_profiles(const std::vector<std::string>& paths, FileSource& source);

// A file of two lines: user name, password. One of empty lines is no login, and no error.
std::expected<std::optional<openvpn::Credentials>, std::string> load_credentials(
    const std::string& path, FileSource& source);

}  // namespace sallyport::daemon
