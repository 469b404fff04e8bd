#include "daemon/uplink.h"

#include <algorithm>
#include <array>

namespace sallyport::daemon {
namespace {

// Longer packets are a protocol error. OpenVPN's own limit follows its MTU; ours leaves room for
// any.
constexpr std::size_t kMaxStreamPacket = 16 * 1024;

// What the kernel forgets of a path's MTU it forgets silently.
constexpr base::Duration kPathAgain = std::chrono::minutes(1);

}  // namespace

Uplink::Uplink(io::EventLoop& loop, Events events)
    : loop_(loop), events_(std::move(events)), path_again_(loop, [this] { look_at_path(); }) {}

io::Result<std::unique_ptr<Uplink>> Uplink::open(io::EventLoop& loop,
                                                 const openvpn::ConnectRequest& request,
                                                 const std::string& interface, Events events) {
  std::unique_ptr<Uplink> uplink(new Uplink(loop, std::move(events)));
  if (request.proxy) {
    if (auto dialled = uplink->dial(request, interface); !dialled)
      return std::unexpected(dialled.error());
    return uplink;
  }
  const io::Endpoint endpoint{request.address, request.port};
  const io::UplinkSocketOptions options{interface, request.local_port};
  if (request.transport == openvpn::Transport::kUdp) {
    auto socket = io::UdpSocket::connect(endpoint, options);
    if (!socket) return std::unexpected(socket.error());
    uplink->use(std::move(*socket));
    return uplink;
  }
  auto socket = io::TcpSocket::connect(endpoint, options);
  if (!socket) return std::unexpected(socket.error());
  uplink->use(Stream{std::move(*socket), openvpn::TcpDeframer(kMaxStreamPacket)});
  return uplink;
}

void Uplink::use(Transport transport) {
  transport_.emplace(std::move(transport));
  readable_.emplace(loop_, fd(), io::FdWatch::Readiness::kReadable, [this] { events_.readable(); });
  if (stream() != nullptr) readable_->disable();
  writable_.emplace(loop_, fd(), io::FdWatch::Readiness::kWritable, [this] { on_writable(); });
}

io::Result<void> Uplink::dial(const openvpn::ConnectRequest& request,
                              const std::string& interface) {
  ProxyDial::Events events;
  events.stream = [this](io::TcpSocket socket, base::Bytes early) {
    Stream stream{std::move(socket), openvpn::TcpDeframer(kMaxStreamPacket)};
    const base::MutableBytes space = stream.deframer.free_space();
    const std::size_t count = std::min(early.size(), space.size());
    std::copy_n(early.begin(), count, space.begin());
    stream.deframer.filled(count);
    use(std::move(stream));
  };
  events.relay = [this, interface, port = request.local_port,
                  target = request.target](const io::Endpoint& relay) {
    auto socket = io::UdpSocket::connect(relay, {interface, port});
    if (!socket) return events_.disconnected(socket.error().text);
    relay_header_ = openvpn::socks_datagram_header(target);
    use(std::move(*socket));
  };
  events.failed = [this](const std::string& why) { break_stream(why); };
  auto dial = ProxyDial::start(loop_, request, interface, std::move(events));
  if (!dial) return std::unexpected(dial.error());
  dial_ = std::move(*dial);
  return {};
}

int Uplink::fd() const {
  if (const auto* stream = std::get_if<Stream>(&*transport_)) return stream->socket.fd();
  return std::get<io::UdpSocket>(*transport_).fd();
}

void Uplink::close() {
  closed_ = true;
  path_again_.cancel();
  if (dial_) dial_->close();
  if (readable_) readable_->disable();
  if (writable_) writable_->disable();
}

void Uplink::on_writable() {
  writable_->disable();
  Stream* const stream = this->stream();
  if (stream != nullptr && !stream->connected) {
    const std::string error = stream->socket.connection_error();
    if (!error.empty()) return break_stream(error);
    stream->connected = true;
    readable_->enable();
    return events_.connected();
  }
  if (stream == nullptr && !waiting_to_send_) {
    look_at_path();
    return events_.connected();
  }
  if (stream != nullptr) {
    if (!stream->socket.flush()) return break_stream("the connection broke while sending");
    if (stream->socket.has_queued()) return writable_->enable();
  }
  waiting_to_send_ = false;
  events_.writable();
}

std::size_t Uplink::send(std::span<const gateway::OutsideTrain> trains, std::size_t first) {
  if (closed_ || !transport_) return trains.size();
  if (Stream* const tcp = stream()) return send_stream(*tcp, trains, first);
  static constexpr std::size_t kAtOnce = 16;
  while (first < trains.size()) {
    std::array<io::Train, kAtOnce> batch;
    const std::size_t count = std::min(kAtOnce, trains.size() - first);
    for (std::size_t i = 0; i < count; ++i)
      batch[i] = {trains[first + i].bytes, trains[first + i].segment_size};
    io::UdpSocket& udp = std::get<io::UdpSocket>(*transport_);
    const std::size_t sent = udp.send(std::span(batch).first(count));
    if (udp.take_too_large()) look_at_path();
    first += sent;
    if (sent == count) continue;
    waiting_to_send_ = true;
    writable_->enable();
    break;
  }
  return first;
}

std::size_t Uplink::send_stream(Stream& stream, std::span<const gateway::OutsideTrain> trains,
                                std::size_t first) {
  while (first < trains.size() && stream.socket.has_room_for(trains[first].bytes.size())) {
    stream.socket.send(trains[first++].bytes);
  }
  if (stream.socket.has_queued()) {
    waiting_to_send_ = true;
    writable_->enable();
  }
  return first;
}

void Uplink::send_packet(base::Bytes packet) {
  if (closed_ || !transport_) return;
  if (Stream* const tcp = stream()) {
    const std::vector<std::uint8_t> framed = openvpn::framed_for_stream(packet);
    const gateway::OutsideTrain train{framed, framed.size()};
    send_stream(*tcp, std::span(&train, 1), 0);
    return;
  }
  std::vector<std::uint8_t> relayed;
  if (!relay_header_.empty()) {
    relayed = relay_header_;
    relayed.insert(relayed.end(), packet.begin(), packet.end());
    packet = relayed;
  }
  const io::Train train{packet, packet.size()};
  io::UdpSocket& udp = std::get<io::UdpSocket>(*transport_);
  udp.send(std::span(&train, 1));
  if (udp.take_too_large()) look_at_path();
}

void Uplink::look_at_path() {
  path_again_.set(kPathAgain);
  const auto mtu = std::get<io::UdpSocket>(*transport_).path_mtu();
  if (mtu) events_.path_mtu(*mtu);
}

void Uplink::break_stream(const std::string& why) {
  close();
  events_.disconnected(why);
}

}  // namespace sallyport::daemon
