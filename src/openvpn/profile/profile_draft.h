// A profile while it is read: what the lines said so far, before anything is concluded from the
// whole. The handlers of option_handlers.h fill it, profile_assembler.h makes the Profile of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/profile.h"
#include "openvpn/profile/profile_files.h"
#include "openvpn/profile/profile_report.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {

// What a place to connect to is made from. One such set holds for the file, and each <connection>
// begins with a copy of it as it is at that line (so does OpenVPN 2.6.14, tried).
struct ConnectionDraft {
  unsigned line = 0;                // of its remote, or of <connection>
  std::optional<std::string> host;  // of a <connection>
  std::uint16_t port = 1194;
  Transport transport = Transport::kUdp;
  AddressFamily family = AddressFamily::kAny;
  std::uint16_t own_port = 1194;            // `port` is also ours, but only behind `bind`
  std::optional<std::uint16_t> local_port;  // lport
  unsigned local_port_line = 0;
  std::optional<bool> bind;  // bind, nobind
  base::Duration connect_timeout = std::chrono::seconds(120);
  unsigned explicit_exit_notify = 0;
  std::uint16_t max_packet_size = 1250;
  std::uint16_t fragment = 0;
  bool fragment_counts_outer_headers = false;
  std::optional<Mssfix> mssfix;  // of a <connection> alone
  std::optional<std::size_t> wrap;   // into Profile::wraps; unset: that of the file
  std::string_view wrap_option;      // the option that set it
  std::optional<std::size_t> proxy;  // into ProfileDraft::proxies
  std::optional<KeyDirection> direction;
};

// A proxy whose login may stand on another line.
struct ProxyDraft {
  unsigned line = 0;
  ProxyOptions options;
  // Where the login is, when it is not in `options`.
  enum class LoginFrom {
    kHere,
    kElsewhere,  // 'auto': http-proxy-user-pass has it, if there is any
    kTerminal,   // 'stdin'
  };
  LoginFrom login_from = LoginFrom::kHere;
};

// A `remote` outside <connection>. It takes what it does not say from the file, wherever that
// stands.
struct RemoteLine {
  unsigned line = 0;
  std::string host{};
  std::optional<std::uint16_t> port{};
  std::optional<Transport> transport{};
  AddressFamily family = AddressFamily::kAny;
};

struct ProfileDraft {
  explicit ProfileDraft(ProfileFiles& beside) : files(beside) {}

  ProfileFiles& files;
  Profile profile;  // the parts that a single line decides
  TunnelDraft tunnel;

  ConnectionDraft defaults;
  std::vector<ConnectionDraft> connections;
  std::vector<RemoteLine> remotes;
  std::optional<Transport> forced_transport;

  std::vector<ProxyDraft> proxies;
  base::SecretBytes proxy_username;
  base::SecretBytes proxy_password;
  std::string proxy_http_version = "1.0";
  std::vector<std::string> proxy_headers;

  base::SecretBytes passphrase;  // askpass, of the private key
  Credentials token_login;       // auth-token-user and auth-token

  bool tls_client = false;
  bool auth_none = false;
  bool certificate_optional = false;                // setenv CLIENT_CERT 0
  bool certificate_profile_by_cipher_list = false;  // tls-cipher has an @SECLEVEL
  std::optional<DataCipher> lone_cipher;
  std::vector<ProfileIssue> warnings;

  // Where each setting outside <connection> is decided: its last line. Known before any handler
  // runs.
  std::map<std::string_view, unsigned> lines;
  bool says(std::string_view setting) const { return lines.contains(setting); }
  std::optional<unsigned> line_of(std::string_view setting) const {
    const auto line = lines.find(setting);
    return line == lines.end() ? std::nullopt : std::optional(line->second);
  }

  // What `directive` speaks of: its <connection>, or the file.
  ConnectionDraft& scope_of(const Directive& directive) {
    return directive.connection ? connections.back() : defaults;
  }
};

}  // namespace sallyport::openvpn
