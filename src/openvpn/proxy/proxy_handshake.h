// The handshake with whichever proxy it is.
#pragma once

#include <variant>

#include "openvpn/profile/profile.h"
#include "openvpn/proxy/http_connect.h"
#include "openvpn/proxy/socks5.h"

namespace sallyport::openvpn {

class ProxyHandshake {
 public:
  // `rng` outlives it. An HTTP proxy carries streams only.
  ProxyHandshake(std::shared_ptr<const ProxyOptions> options, const ProxyTarget& target,
                 Transport transport, base::Rng& rng)
      : machine_(make(std::move(options), target, transport, rng)) {}

  void begin() {
    std::visit([](auto& machine) { machine.begin(); }, machine_);
  }
  base::SecretBytes take_output() {
    return std::visit([](auto& machine) { return machine.take_output(); }, machine_);
  }
  ProxyProgress receive(base::Bytes& input) {
    return std::visit([&](auto& machine) { return machine.receive(input); }, machine_);
  }

 private:
  using Machine = std::variant<HttpConnect, Socks5>;
  static Machine make(std::shared_ptr<const ProxyOptions> options, const ProxyTarget& target,
                      Transport transport, base::Rng& rng) {
    if (options->kind == ProxyKind::kHttp) return HttpConnect(std::move(options), target, rng);
    return Socks5(
        std::move(options), target,
        transport == Transport::kTcp ? Socks5::Purpose::kStream : Socks5::Purpose::kDatagrams);
  }

  Machine machine_;
};

}  // namespace sallyport::openvpn
