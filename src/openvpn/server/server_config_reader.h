// Reads a server.conf as people have them for OpenVPN (docs/protocol.md, "The server's
// configuration"). It is a profile's language with another table: what both ends configure alike is
// read by the profile's own handlers. Every line gets a verdict; nothing is read and silently
// without effect.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "openvpn/profile/profile_files.h"
#include "openvpn/profile/profile_report.h"
#include "openvpn/server/server_config.h"

namespace sallyport::openvpn {

// The files that a server's configuration names, by any path: it is the administrator's own.
class ServerFiles : public ProfileFiles {
 public:
  bool takes_paths() const override { return true; }
  // The names of the files in a folder (client-config-dir), at most kMaxClientFiles.
  virtual std::expected<std::vector<std::string>, std::string> list(std::string_view folder) = 0;
};
inline constexpr std::size_t kMaxClientFiles = 100'000;

struct ReadServerConfig {
  ProfileReport report;
  std::optional<ServerConfig> config;  // there exactly when report.usable()
};

// `name` is what messages call the file; `file` is borrowed for the call and holds keys.
ReadServerConfig read_server_config(std::string_view name, base::Bytes file, ServerFiles& files);

}  // namespace sallyport::openvpn
