// Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6), logging in where it is asked
// to (docs/protocol.md, "Proxies"). Bytes in, bytes out.
#pragma once

#include <memory>
#include <string>

#include "base/rng.h"
#include "openvpn/proxy/proxy_progress.h"

namespace sallyport::openvpn {

class HttpConnect {
 public:
  // `rng` outlives it.
  HttpConnect(std::shared_ptr<const ProxyOptions> options, const ProxyTarget& target,
              base::Rng& rng);

  // On a new connection; the request is then the output.
  void begin();
  base::SecretBytes take_output() { return std::move(output_); }
  // Takes what is the proxy's from the front of `input`; after kDone the rest is the server's.
  ProxyProgress receive(base::Bytes& input);

 private:
  // Proxies answer in a few hundred bytes.
  static constexpr std::size_t kMaxHead = 16 * 1024;

  ProxyProgress judge(std::string_view head);
  ProxyProgress log_in(std::string_view head);

  std::shared_ptr<const ProxyOptions> options_;
  base::Rng* rng_;
  std::string authority_;  // host:port of the server
  base::SecretBytes authorization_;
  bool asked_ = false;  // the proxy has asked for a login
  base::SecretBytes output_;
  std::string head_;
};

}  // namespace sallyport::openvpn
