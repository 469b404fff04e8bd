// A server's configuration while it is read: what the lines said so far. The part that is a
// profile's too is in `shared`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "openvpn/profile/option_table.h"
#include "openvpn/profile/profile_draft.h"
#include "openvpn/server/server_config_reader.h"

namespace sallyport::openvpn {

// The kernel's limit.
inline constexpr std::size_t kMaxDeviceName = 15;

// A line of `local`: what it does not say is as `proto` and `port` have it, wherever those stand.
struct LocalLine {
  unsigned line = 0;
  std::optional<base::IpAddress> address{};  // any, when unset
  std::optional<std::uint16_t> port{};
  std::optional<Transport> transport{};
  AddressFamily family = AddressFamily::kAny;
};

// An address that a line names as a gateway. It has to be in the tunnel.
struct GatewayLine {
  unsigned line = 0;
  base::IpAddress address;
};

struct ServerDraft {
  explicit ServerDraft(ServerFiles& source) : shared(source), files(source) {}

  ProfileDraft shared;
  ServerFiles& files;
  ServerConfig config;

  bool is_server = false;  // mode server, or server
  bool tls_server = false;
  std::optional<base::IpPrefix> server_network;
  std::optional<base::IpPrefix> server_network6;
  std::optional<std::pair<base::IpAddress, base::IpAddress>> pool;  // ifconfig-pool
  std::optional<Ifconfig> ifconfig;
  std::optional<std::pair<base::IpAddress, unsigned>> ifconfig6;
  std::optional<std::pair<base::IpAddress, unsigned>> pool6;  // ifconfig-ipv6-pool
  std::vector<GatewayLine> gateways;
  bool no_pool = false;  // server ... nopool

  Transport transport = Transport::kUdp;
  AddressFamily family = AddressFamily::kAny;
  std::uint16_t port = 1194;
  std::vector<LocalLine> locals;
  std::string socket_device;  // bind-dev
  std::uint32_t mark = 0;
  std::string client_folder;
  std::optional<base::Duration> keepalive_ping, keepalive_restart;
};

using ServerHandler = Ruling (*)(Directive& directive, ServerDraft& draft);

struct ServerOptionRow {
  std::string_view name;
  ServerHandler handle;
  ArgumentCount arguments;
  int traits = kNone;
};
std::span<const ServerOptionRow> server_network_options();
std::span<const ServerOptionRow> server_listen_options();
std::span<const ServerOptionRow> server_route_options();
std::span<const ServerOptionRow> server_access_options();
std::span<const ServerOptionRow> server_environment_options();

// Options that a profile has as well, read by its handler (option_handlers.h).
bool is_shared_option(std::string_view name);

// The network of an address and a netmask; nothing when bits behind the mask are set.
std::optional<base::IpPrefix> masked_network(std::string_view address, std::string_view mask);

// Reads a file of client-config-dir. What is wrong with it is its `problem`: it stops its client,
// and nobody else.
ClientConfig read_client_config(base::Bytes file, const ServerConfig& config);

// What a `push` may say: printable, without a comma, which nothing can escape.
bool is_pushable(std::string_view option);

}  // namespace sallyport::openvpn
