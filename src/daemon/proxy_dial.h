// Opens the way to a server through a proxy: connects to it, shakes hands, and hands the socket on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/system_rng.h"
#include "io/event_loop.h"
#include "io/tcp_socket.h"
#include "openvpn/proxy/proxy_handshake.h"
#include "openvpn/session/client.h"

namespace sallyport::daemon {

class ProxyDial {
 public:
  // What the dial tells its owner, from the loop. None of them destroys the dial.
  struct Events {
    // `early` is what the server has sent already.
    std::function<void(io::TcpSocket socket, base::Bytes early)> stream;
    // The relay takes datagrams as long as the dial lives; failed() says when it no longer does.
    std::function<void(const io::Endpoint& relay)> relay;
    std::function<void(const std::string& why)> failed;
  };

  // `request` has a proxy.
  static io::Result<std::unique_ptr<ProxyDial>> start(io::EventLoop& loop,
                                                      const openvpn::ConnectRequest& request,
                                                      const std::string& interface, Events events);

  // Stops all events.
  void close();

 private:
  ProxyDial(io::EventLoop& loop, const openvpn::ConnectRequest& request,
            const std::string& interface, Events events);
  io::Result<void> connect();
  void on_writable();
  void on_readable();
  void take(base::Bytes input);
  void done(const openvpn::ProxyProgress& progress, base::Bytes early);
  void send_output();
  void fail(const std::string& why);

  io::EventLoop& loop_;
  io::Endpoint proxy_;
  io::UplinkSocketOptions options_;
  Events events_;
  crypto::SystemRng rng_;
  openvpn::ProxyHandshake handshake_;
  std::optional<io::TcpSocket> socket_;
  std::optional<io::FdWatch> readable_;
  std::optional<io::FdWatch> writable_;
  io::Timer again_;  // a new connection is not made inside the old one's callbacks
  bool connected_ = false;
  bool done_ = false;
};

}  // namespace sallyport::daemon
