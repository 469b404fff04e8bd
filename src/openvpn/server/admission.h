// Who may come in: one function decides, from all that a client has shown (docs/protocol.md, "The
// server's clients"). It is asked when a client arrives, at each rekey, and again of everybody who
// is in when the configuration or a file of it changes.
#pragma once

#include <expected>
#include <string>

#include "openvpn/server/server_config.h"

namespace sallyport::openvpn {

// What stands behind the user name that a client gave.
enum class LoginProof {
  kNone,       // it gave neither user name nor password
  kUnchecked,  // it gave some, and nobody looked at them
  kWrong,      // the password, or the token, is not right
  kPassword,
  kToken,
};

// What a client has shown of itself.
struct Shown {
  bool certificate = false;  // one that TLS took
  std::string common_name;   // of it; empty: it has none
  std::string username;      // as the client gave it, to be believed as far as `proof` goes
  LoginProof proof = LoginProof::kNone;
};

// The name by which the client may come in, never an empty one. The error is a clause that says why
// it may not.
std::expected<std::string, std::string> name_if_admitted(const ServerConfig& config,
                                                         const Shown& shown);

// What client-config-dir says of a name that may come in; null: nothing. The error is a clause that
// says why it may not after all.
std::expected<const ClientConfig*, std::string> client_config_of(const ServerConfig& config,
                                                                 std::string_view name);

// How a name is spelled as a file of client-config-dir: OpenVPN replaces what does not print and
// the slash, and nothing else (platform_gen_path).
std::string client_file_name(std::string_view name);

}  // namespace sallyport::openvpn
