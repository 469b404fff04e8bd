// Reads a server's configuration and the files it names, through a FileSource.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "crypto/tls.h"
#include "daemon/file_source.h"
#include "openvpn/server/server_config_reader.h"

namespace sallyport::daemon {

struct LoadedServer {
  openvpn::ServerConfig config;
  std::unique_ptr<crypto::TlsFactory> tls;
  std::vector<std::string> warnings;  // of the report, one line each
  std::vector<std::string> ignored;   // options, one line each
  std::vector<std::string> watched;   // ServerConfig::watched, as paths
};

// A verdict on every line; the error is about the file itself.
std::expected<openvpn::ReadServerConfig, std::string> read_server_file(const std::string& path,
                                                                       FileSource& source);

// The error is what stands in the way, a line each.
std::expected<LoadedServer, std::vector<std::string>> load_server(const std::string& path,
                                                                  FileSource& source);

}  // namespace sallyport::daemon
