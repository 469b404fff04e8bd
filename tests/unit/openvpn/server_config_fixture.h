// A server's configuration read from a text, with the files that it names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "openvpn/server/server_config_reader.h"

namespace sallyport::openvpn {

class FakeServerFiles final : public ServerFiles {
 public:
  FakeServerFiles();
  std::expected<base::SecretBytes, std::string> read(std::string_view path) override;
  std::expected<std::vector<std::string>, std::string> list(std::string_view folder) override;
  std::map<std::string, std::string, std::less<>> files;
};

// A file that a server starts with, on lines 1 to 6.
inline constexpr std::string_view kUsualServer =
    "ca /etc/vpn/ca.crt\ncert /etc/vpn/server.crt\nkey /etc/vpn/server.key\ndev tun\n"
    "server 10.8.0.0 255.255.255.0\ntls-crypt-v2 v2.key\n";
inline constexpr unsigned kAddedLine = 7;

ReadServerConfig read_server(std::string_view text);
// The usual one with more lines.
ReadServerConfig read_added(std::string_view lines);

// What the pool is of a file with these lines; nothing when the file is refused.
std::optional<PoolOptions> pool_of(Topology topology, std::string_view lines);

}  // namespace sallyport::openvpn
