// What a server's configuration asks for, as typed values that the server can act on. Made by
// server_config_reader.h; everything in it has been validated. It holds secrets and so can only be
// moved.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openvpn/profile/profile.h"
#include "openvpn/server/auth_token.h"
#include "openvpn/server/listener.h"
#include "openvpn/server/user_list.h"

namespace sallyport::openvpn {

// One socket to listen on.
struct ListenAddress {
  Transport transport = Transport::kUdp;
  AddressFamily family = AddressFamily::kAny;
  std::optional<base::IpAddress> address;  // of ours; any when unset
  std::uint16_t port = 1194;
  std::string device{};    // that packets have to come by and leave by (bind-dev); empty: any
  std::uint32_t mark = 0;  // of what is sent, for the kernel's rules (mark); 0: none
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Inside addresses that are handed out. Each client of net30 takes four.
struct PoolOptions {
  base::IpPrefix network;   // of IPv4
  base::IpAddress own;      // ours in it
  std::uint32_t first = 0;  // as numbers, both included
  std::uint32_t last = 0;
  std::optional<base::IpPrefix> network6;  // /64 or longer
  base::IpAddress own6;
  base::IpAddress first6;   // with network6: the first that is handed out, and how many are
  std::uint32_t size6 = 0;  // from there on
  friend bool operator==(const PoolOptions&, const PoolOptions&) = default;
};

// What the server does with its device.
enum class DeviceSetup {
  kAll,
  kAddresses,  // all but routes: route-noexec
  kNothing,    // ifconfig-noexec
};

// A file of client-config-dir.
struct ClientConfig {
  std::vector<std::string> push;
  bool push_reset = false;                 // nothing of the server's own push list
  std::vector<std::string> push_remove;    // prefixes of what not to push
  std::optional<base::IpAddress> address;  // ifconfig-push
  std::optional<base::IpAddress> second;
  std::optional<base::IpAddress> address6;  // ifconfig-ipv6-push
  std::vector<base::IpPrefix> routes;       // iroute, iroute-ipv6: networks behind the client
  bool disabled = false;
  std::string problem;  // a clause: why the file cannot be used, and its client not come in
};

enum class ClientCertificates { kNone, kOptional, kRequired };

struct LoginCheck {
  std::optional<UserList> users;  // sallyport's own option: auth-user-file
  bool optional = false;          // auth-user-pass-optional
  bool name_from_user = false;    // username-as-common-name
  std::optional<AuthTokenOptions> token;
  std::optional<AuthTokenKey> token_key;  // one is made when the file gives none
};

struct ServerConfig {
  std::string name;  // what messages call it
  std::vector<ListenAddress> listen;
  std::string device;  // "tun0"; empty: any
  DeviceSetup sets_up = DeviceSetup::kAll;
  std::string user;  // to go on as once all is open; empty: as who started it
  Topology topology = Topology::kNet30;
  ServerWraps wraps;
  KeyPolicy key_policy;
  ListenerOptions door;
  crypto::TlsConfig tls;
  ClientCertificates certificates = ClientCertificates::kRequired;
  LoginCheck login;
  std::vector<DataCipher> ciphers;  // in the server's order
  std::optional<DataCipher> cipher_fallback;
  crypto::Digest auth_digest = crypto::Digest::sha1();
  RekeyOptions rekey;
  std::uint32_t replay_window = 2048;
  std::uint16_t max_packet_size = 1250;

  std::optional<PoolOptions> pool;     // always there in a config that was read
  std::vector<std::string> push;       // what all clients are pushed, in order
  std::vector<base::IpPrefix> routes;  // into the tunnel, for our own kernel
  // Timers and sizes of our end; addresses are the clients' affair.
  TunnelOptions tunnel;

  std::size_t max_clients = 1024;
  bool migrate_compression =
      false;  // compress migrate: clients that have it are told to go without
  bool duplicate_names = false;
  bool client_to_client = false;
  bool exit_to_next = false;  // explicit-exit-notify 2: clients go on to their next remote
  std::map<std::string, ClientConfig, std::less<>> clients;  // by the names of their files
  bool has_client_folder = false;                            // client-config-dir
  bool only_listed_clients = false;                          // ccd-exclusive
  // Files and folders by which somebody is shut out, as the file names them: OpenVPN reads them
  // again for each client, so a change counts without a reload.
  std::vector<std::string> watched;
};

}  // namespace sallyport::openvpn
