// The socket to the VPN server, UDP or TCP: the only thing that can send on the uplink, and it is
// only ever handed sealed packets.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/proxy_dial.h"
#include "gateway/gateway.h"
#include "io/event_loop.h"
#include "io/send_limit.h"
#include "io/tcp_socket.h"
#include "io/udp_socket.h"
#include "openvpn/wire/tcp_framing.h"

namespace sallyport::daemon {

class Uplink {
 public:
  // What the uplink tells its owner. None of them destroys the Uplink before it returns.
  struct Events {
    std::function<void()> connected;
    std::function<void(const std::string& why)> disconnected;
    std::function<void()> readable;
    std::function<void()> writable;  // after send() left something
    // Of datagrams only: before connected(), and when it may have changed.
    std::function<void(std::size_t)> path_mtu;
  };

  static io::Result<std::unique_ptr<Uplink>> open(io::EventLoop& loop,
                                                  const openvpn::ConnectRequest& request,
                                                  const std::string& interface, Events events);

  // Sends trains from `first` on, and returns the first one that has to wait for writable():
  // trains.size() when none.
  std::size_t send(base::Instant now, std::span<const gateway::OutsideTrain> trains,
                   std::size_t first);
  // How many bytes are best sent at a time.
  std::size_t batch_size() const { return limit_.batch(); }
  // One packet of the VPN's own making. It goes before all that waits.
  void send_packet(base::Bytes packet);

  // Receives one batch and calls take(packet) for each; the packets' memory is good until the next
  // call. False when nothing more waits.
  template <class Take>
  bool receive(Take take);

  // Stops all events; the object may then be destroyed later, from outside its own callbacks.
  void close();

 private:
  struct Stream {
    io::TcpSocket socket;
    openvpn::TcpDeframer deframer;
    bool connected = false;
  };

  using Transport = std::variant<io::UdpSocket, Stream>;

  Uplink(io::EventLoop& loop, Events events);
  // From now on packets go through `transport`, which says connected() when it is.
  void use(Transport transport);
  io::Result<void> dial(const openvpn::ConnectRequest& request, const std::string& interface);
  int fd() const;
  Stream* stream() { return transport_ ? std::get_if<Stream>(&*transport_) : nullptr; }
  void on_writable();
  std::size_t send_stream(Stream& stream, std::span<const gateway::OutsideTrain> trains,
                          std::size_t first);
  std::size_t send_datagrams(io::UdpSocket& udp, std::span<const gateway::OutsideTrain> trains,
                             std::size_t first);
  // False: the socket is full.
  bool send_own(base::Bytes packet);
  bool send_waiting_own();
  void wait_for_room();
  void apply_limit();
  void break_stream(const std::string& why);
  void look_at_path();
  template <class Take>
  bool receive_stream(Stream& stream, Take take);

  io::EventLoop& loop_;
  Events events_;
  std::unique_ptr<ProxyDial> dial_;  // where there is a proxy
  // Of each datagram, for a SOCKS relay; empty: there is none.
  std::vector<std::uint8_t> relay_header_;
  std::optional<Transport> transport_;  // empty until the dial is done
  std::optional<io::FdWatch> readable_;
  std::optional<io::FdWatch> writable_;
  io::Timer path_again_;
  bool waiting_to_send_ = false;
  io::SendLimit limit_;
  // Packets of the VPN's own that found the socket full; datagrams only.
  std::deque<std::vector<std::uint8_t>> own_;
  bool closed_ = false;
};

template <class Take>
bool Uplink::receive(Take take) {
  if (closed_ || !transport_) return false;
  if (Stream* const tcp = stream()) return receive_stream(*tcp, take);
  io::UdpSocket& udp = std::get<io::UdpSocket>(*transport_);
  const auto trains = udp.receive();
  if (udp.take_too_large()) look_at_path();
  for (const io::ReceivedTrain& train : trains) {
    for (base::MutableBytes rest = train.bytes; !rest.empty() && !closed_;) {
      const base::MutableBytes packet = rest.first(std::min(rest.size(), train.segment_size));
      rest = rest.subspan(packet.size());
      if (relay_header_.empty()) {
        take(packet);
      } else if (const auto inside = openvpn::without_socks_header(packet)) {
        take(*inside);
      }
    }
  }
  // Asking only to hear that there is nothing would cost a system call a turn.
  return !closed_ && transport_ && udp.may_have_more();
}

template <class Take>
bool Uplink::receive_stream(Stream& stream, Take take) {
  std::size_t count = 0;
  const auto outcome = stream.socket.read(stream.deframer.free_space(), count);
  if (outcome == io::TcpSocket::ReadOutcome::kNothing) return false;
  if (outcome == io::TcpSocket::ReadOutcome::kClosed) {
    break_stream("the server closed the connection");
    return false;
  }
  stream.deframer.filled(count);
  for (;;) {
    const auto packet = stream.deframer.next();
    if (!packet) {
      break_stream("the server's stream has a packet of impossible length");
      return false;
    }
    if (!*packet || closed_) return !closed_;
    take(**packet);
  }
}

}  // namespace sallyport::daemon
