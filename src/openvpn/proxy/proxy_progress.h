// What came of bytes that a proxy sent.
#pragma once

#include <optional>
#include <string>

#include "openvpn/proxy/proxy_options.h"

namespace sallyport::openvpn {

struct ProxyProgress {
  enum class Kind {
    kMore,    // send take_output(), and wait for more
    kDone,    // the way to the server is open
    kAgain,   // the proxy wants a login: close, connect anew and begin()
    kFailed,  // `text` says why
  };
  Kind kind = Kind::kMore;
  std::string text{};
  std::optional<ProxyRelay> relay{};  // kDone of a SOCKS proxy that carries datagrams
};

inline ProxyProgress proxy_failed(std::string text) {
  return {ProxyProgress::Kind::kFailed, std::move(text)};
}

}  // namespace sallyport::openvpn
