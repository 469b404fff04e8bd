#include "daemon/uplink.h"

#include <algorithm>
#include <array>

#include "io/clock.h"

namespace sallyport::daemon {
namespace {

// Longer packets are a protocol error. OpenVPN's own limit follows its MTU; ours leaves room for
// any.
constexpr std::size_t kMaxStreamPacket = 16 * 1024;

// What the kernel forgets of a path's MTU it forgets silently.
constexpr base::Duration kPathAgain = std::chrono::minutes(1);

// A handshake's flight several times over; what is lost beyond that comes again.
constexpr std::size_t kMostOwn = 32;

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
    apply_limit();
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
  } else if (!send_waiting_own()) {
    return writable_->enable();
  }
  limit_.writable(io::read_clock().mono);
  apply_limit();
  waiting_to_send_ = false;
  events_.writable();
}

std::size_t Uplink::send(base::Instant now, std::span<const gateway::OutsideTrain> trains,
                         std::size_t first) {
  if (closed_ || !transport_) return trains.size();
  // Until half of what waits has left; who fills the socket again before that never learns how long
  // it takes.
  if (waiting_to_send_) return first;
  std::size_t bytes = 0;
  for (const gateway::OutsideTrain& train : trains.subspan(first)) bytes += train.bytes.size();
  Stream* const tcp = stream();
  first = tcp != nullptr ? send_stream(*tcp, trains, first)
                         : send_datagrams(std::get<io::UdpSocket>(*transport_), trains, first);
  if (waiting_to_send_) {
    limit_.full(now);
  } else {
    limit_.took(now, bytes);
  }
  return first;
}

std::size_t Uplink::send_datagrams(io::UdpSocket& udp,
                                   std::span<const gateway::OutsideTrain> trains,
                                   std::size_t first) {
  static constexpr std::size_t kAtOnce = 16;
  while (first < trains.size()) {
    std::array<io::Train, kAtOnce> batch;
    const std::size_t count = std::min(kAtOnce, trains.size() - first);
    for (std::size_t i = 0; i < count; ++i)
      batch[i] = {trains[first + i].bytes, trains[first + i].segment_size};
    const std::size_t sent = udp.send(std::span(batch).first(count));
    if (udp.take_too_large()) look_at_path();
    first += sent;
    if (sent == count) continue;
    wait_for_room();
    break;
  }
  return first;
}

// A train that is begun is queued as a whole, and no other behind it.
std::size_t Uplink::send_stream(Stream& stream, std::span<const gateway::OutsideTrain> trains,
                                std::size_t first) {
  while (first < trains.size() && !stream.socket.has_queued())
    stream.socket.send(trains[first++].bytes);
  if (stream.socket.has_queued()) wait_for_room();
  return first;
}

void Uplink::wait_for_room() {
  waiting_to_send_ = true;
  writable_->enable();
}

void Uplink::apply_limit() {
  if (Stream* const tcp = stream()) return tcp->socket.limit_sending(limit_.socket());
  std::get<io::UdpSocket>(*transport_).limit_sending(limit_.socket());
}

void Uplink::send_packet(base::Bytes packet) {
  if (closed_ || !transport_) return;
  if (Stream* const tcp = stream()) {
    const std::vector<std::uint8_t> framed = openvpn::framed_for_stream(packet);
    if (!tcp->socket.has_room_for(framed.size())) return;
    tcp->socket.send(framed);
    if (tcp->socket.has_queued()) wait_for_room();
    return;
  }
  std::vector<std::uint8_t> whole = relay_header_;
  whole.insert(whole.end(), packet.begin(), packet.end());
  if (send_waiting_own() && send_own(whole)) return;
  if (own_.size() < kMostOwn) own_.push_back(std::move(whole));
  wait_for_room();
}

bool Uplink::send_waiting_own() {
  while (!own_.empty() && send_own(own_.front())) own_.pop_front();
  return own_.empty();
}

bool Uplink::send_own(base::Bytes packet) {
  const io::Train train{packet, packet.size()};
  io::UdpSocket& udp = std::get<io::UdpSocket>(*transport_);
  const bool sent = udp.send(std::span(&train, 1)) == 1;
  if (udp.take_too_large()) look_at_path();
  return sent;
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
