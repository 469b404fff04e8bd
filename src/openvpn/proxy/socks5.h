// Asks a SOCKS 5 proxy (RFC 1928) for a connection, or for a relay of datagrams, and logs in by
// user name and password (RFC 1929) where it is asked to. Bytes in, bytes out.
#pragma once

#include <memory>
#include <vector>

#include "base/byte_writer.h"
#include "openvpn/proxy/proxy_progress.h"

namespace sallyport::openvpn {

class Socks5 {
 public:
  enum class Purpose { kStream, kDatagrams };

  Socks5(std::shared_ptr<const ProxyOptions> options, ProxyTarget target, Purpose purpose);

  // As HttpConnect.
  void begin();
  base::SecretBytes take_output() { return std::move(output_); }
  ProxyProgress receive(base::Bytes& input);

 private:
  enum class Step { kMethod, kLogin, kReply };

  void say(base::ByteWriter& message);
  ProxyProgress take_method(std::uint8_t method);
  ProxyProgress send_request();
  ProxyProgress take_reply(bool& complete);

  std::shared_ptr<const ProxyOptions> options_;
  ProxyTarget target_;
  Purpose purpose_;
  Step step_ = Step::kMethod;
  std::vector<std::uint8_t> received_;  // of the current step
  base::SecretBytes output_;
};

// What stands before each datagram on its way through the relay.
std::vector<std::uint8_t> socks_datagram_header(const ProxyTarget& target);
// The datagram behind the relay's header; empty when there is none, or when it is a fragment.
std::optional<base::MutableBytes> without_socks_header(base::MutableBytes datagram);

}  // namespace sallyport::openvpn
