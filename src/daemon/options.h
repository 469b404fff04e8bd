// The command line as values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::daemon {

inline constexpr const char* kDefaultControlSocket = "/run/sallyport/control.sock";

struct RunOptions {
  std::vector<std::string> profiles;
  std::vector<std::string> downstreams;
  std::string uplink;
  std::string auth_file;
  std::string control_socket = kDefaultControlSocket;
  std::string gateway_ip;
  std::string qubesdb = "none";
  std::string config_file;
  std::string user;  // to go on as once everything is open; empty: as who started it
};

struct LinkOptions {
  std::uint16_t gateway = 0;  // its domain
  std::string ip;
  std::string ip6;
  std::string device = "sallyport0";
};

struct StatusOptions {
  std::string control_socket = kDefaultControlSocket;
  bool json = false;
  bool follow = false;
};

struct CheckOptions {
  std::string file;
  bool json = false;
  std::string fixed_file;    // to write a mended profile to; empty: none
  std::string inlined_file;  // to write the profile to with the files beside it; empty: none
};

struct VerifyOptions {
  bool json = false;
};

struct ControlOptions {
  std::string control_socket = kDefaultControlSocket;
  std::string command;  // "reconnect", "reload", "metrics", "kick"
  std::string name;     // of "kick"
};

struct ServerOptions {
  std::string config_file;
  bool check = false;  // say what becomes of every line, and start nothing
  bool json = false;   // the same as JSON
  std::string control_socket = kDefaultControlSocket;
  std::string user;  // to go on as once everything is open; empty: as who started it
};

struct PasswordOptions {
  std::string name;
};

struct GenkeyOptions {
  std::string
      kind;  // "tls-crypt-v2-server", "tls-crypt-v2-client", "tls-crypt-v2-inspect", "auth-token"
  std::string file;
  std::string server_key;
  std::string metadata;
  std::string metadata_base64;
  bool force = false;
};

}  // namespace sallyport::daemon
