// The proxy between us and the servers, as a profile says it (docs/protocol.md, "Proxies").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/secret.h"

namespace sallyport::openvpn {

enum class ProxyKind { kHttp, kSocks5 };

// How to log in to an HTTP proxy. Digest is always preferred where the proxy offers both.
enum class ProxyLogin {
  kWhenAsked,  // basic or digest, whatever the proxy asks for
  kNotClear,   // digest alone: auto-nct
  kBasic,      // basic, without waiting to be asked
};

struct ProxyOptions {
  ProxyKind kind = ProxyKind::kHttp;
  std::string host;
  std::uint16_t port = 0;
  base::SecretBytes username;  // empty: there is no login
  base::SecretBytes password;
  ProxyLogin login = ProxyLogin::kWhenAsked;
  std::string http_version = "1.0";
  std::vector<std::string> headers;  // whole lines for HTTP, without line ends
};

// Where the proxy is to connect to.
struct ProxyTarget {
  std::string host;  // a name or a literal
  std::uint16_t port = 0;
};

// Where a SOCKS proxy takes datagrams. Without an address of its own it is the proxy's.
struct ProxyRelay {
  std::optional<base::IpAddress> address;
  std::uint16_t port = 0;
};

}  // namespace sallyport::openvpn
