// What the tunnel is to be like: addresses, resolvers, sizes and timers. A profile gives the first
// values, the server pushes the others (PUSH_REPLY), each through the accept-list of
// push_options.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "openvpn/data/data_cipher.h"
#include "openvpn/wire/ids.h"

namespace sallyport::openvpn {

enum class Topology { kNet30, kP2p, kSubnet };

// `ifconfig LOCAL REMOTE|MASK`; what the second word is depends on the topology.
struct Ifconfig {
  base::IpAddress local;
  base::IpAddress second;
  friend bool operator==(const Ifconfig&, const Ifconfig&) = default;
};

// `ifconfig-ipv6 LOCAL/LENGTH REMOTE`
struct IfconfigIpv6 {
  base::IpAddress local;
  unsigned prefix_length = 64;
  friend bool operator==(const IfconfigIpv6&, const IfconfigIpv6&) = default;
};

// How the server wants data keys made and what else it switched on (`key-derivation`,
// `protocol-flags`).
struct ProtocolFlags {
  bool tls_ekm = false;
  bool cc_exit = false;
  bool dynamic_tls_crypt = false;
  bool epochs = false;  // data keys with epochs (OpenVPN 2.7)
};

// What stands before (or behind) each packet inside the encryption where `comp-lzo` or `compress`
// is configured or pushed. Sallyport speaks the framing and never compresses what it sends
// (docs/protocol.md, "Data channel").
enum class CompressionFraming {
  kNone,
  kLzo,     // comp-lzo, compress lzo: 0xfa in front
  kStub,    // compress, compress stub, compress lz4: first byte moved to the end, 0xfb in its place
  kStubV2,  // compress stub-v2, compress lz4-v2: nothing, unless the packet starts with 0x50
};

struct TunnelOptions {
  Topology topology = Topology::kNet30;
  std::optional<Ifconfig> ifconfig;
  std::optional<IfconfigIpv6> ifconfig_ipv6;
  std::optional<base::IpAddress> route_gateway;
  // Routes that the profile and the server named. Everything goes into the tunnel whatever they
  // say; they tell what the server carries.
  std::vector<base::IpPrefix> routes;
  // There are more, which are not in `routes`: those of names, or more than are kept. A later
  // PUSH_UPDATE does not take it back.
  bool routes_incomplete = false;
  bool redirect_gateway = false;
  bool block_ipv4 = false;
  bool block_ipv6 = false;
  std::vector<base::IpAddress> dns_servers;  // in order of preference, at most kMaxDnsServers
  // The N of the `dns server N` that dns_servers come from; unset: they come from `dhcp-option`.
  std::optional<int> dns_server_number;
  std::vector<std::string> search_domains;  // at most kMaxSearchDomains
  std::uint16_t tun_mtu = 1500;
  // See gateway/mss_policy.h. Unset: the default of the tunnel MTU.
  std::optional<std::uint16_t> mssfix;
  bool mssfix_counts_outer_headers = false;  // mssfix N mtu
  bool mssfix_fixed = false;                 // mssfix N fixed

  base::Duration ping{0};          // send something at least so often; 0: never
  base::Duration ping_restart{0};  // reconnect when nothing came for so long; 0: never
  base::Duration inactive{0};      // give the tunnel up when idle for so long; 0: never
  std::uint64_t inactive_bytes = 0;
  base::Duration session_timeout{0};  // give the session up after so long; 0: never
  std::optional<unsigned> explicit_exit_notify;

  PeerId peer_id = kNoPeerId;
  std::optional<DataCipher> cipher;
  // Not for a server to push; from `auth` and `fragment` of the profile.
  crypto::Digest digest = crypto::Digest::sha1();
  std::size_t fragment = 0;  // the largest datagram, without outer headers; 0: packets are not cut
  CompressionFraming compression = CompressionFraming::kNone;
  // The peer may compress what it sends: with LZO under kLzo, with LZ4 under the other framings.
  bool decompress = false;
  bool forbid_decompression = false;  // allow-compression no: not for a server to push
  ProtocolFlags flags;

  // What one `dns server` can hold (OpenVPN 2.6); the limit for both kinds of option here.
  static constexpr std::size_t kMaxDnsServers = 8;
  static constexpr std::size_t kMaxSearchDomains = 10;
  // A server may name thousands.
  static constexpr std::size_t kMaxRoutes = 512;
  // Every IPv4 host takes 576 bytes (RFC 791); OpenVPN would go down to 100. IPv6 needs 1280.
  static constexpr std::uint16_t kMinTunMtu = 576;
  // Announced to the server as IV_MTU; buffers are made for it.
  static constexpr std::uint16_t kMaxTunMtu = 1600;
};

}  // namespace sallyport::openvpn
