// `--config FILE`: any option of a command, in CLI11's own format.
//   profile = ["/rw/config/sallyport/home.ovpn"]
//   uplink = eth0
#pragma once

#include <expected>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::daemon {

// Gives `command`, which was parsed already, the options that the file has and the command line has
// not. The error names the file and what is wrong with it.
std::expected<void, std::string> apply_config_file(CLI::App& command, const std::string& path);

}  // namespace sallyport::daemon
