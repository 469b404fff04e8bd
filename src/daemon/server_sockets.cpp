#include "daemon/server_sockets.h"

#include "io/clock.h"

namespace sallyport::daemon {
namespace {

// A packet of the tunnel's largest MTU and all around it; control packets are shorter.
constexpr std::size_t kStreamPacketLimit = 4096;

}  // namespace

struct ServerSockets::Udp {
  std::uint32_t number;
  io::UdpListener socket;
  std::unique_ptr<io::FdWatch> watch;
};

struct ServerSockets::Tcp {
  io::TcpListener socket;
  std::unique_ptr<io::FdWatch> watch;
};

struct ServerSockets::Stream {
  openvpn::Path path;
  io::TcpSocket socket;
  openvpn::TcpDeframer deframer{kStreamPacketLimit};
  std::unique_ptr<io::FdWatch> readable{}, writable{};
  bool closing = false;
  bool spoken = false;
};

ServerSockets::ServerSockets(io::EventLoop& loop, Events events)
    : loop_(loop),
      events_(std::move(events)),
      retire_(loop, [this] { retired_.clear(); }),
      silence_(loop, [this] { drop_silent(); }),
      accept_again_(loop, [this] {
        for (const auto& socket : tcp_) socket->watch->enable();
      }) {}

ServerSockets::~ServerSockets() = default;

std::expected<void, std::string> ServerSockets::listen(
    const std::vector<openvpn::ListenAddress>& addresses) {
  for (const openvpn::ListenAddress& address : addresses) {
    if (auto done = listen(address); !done) return done;
  }
  return {};
}

std::expected<void, std::string> ServerSockets::listen(const openvpn::ListenAddress& address) {
  const bool v4 = address.family == openvpn::AddressFamily::kIpv4;
  const base::IpAddress any = v4 ? base::IpAddress::v4(0) : base::IpAddress();
  const io::ListenOptions options{{address.address.value_or(any), address.port},
                                  address.family == openvpn::AddressFamily::kAny,
                                  address.device,
                                  address.mark};
  if (address.transport == openvpn::Transport::kUdp) {
    auto socket = io::UdpListener::listen(options);
    if (!socket) return std::unexpected(socket.error().text);
    const auto number = static_cast<std::uint32_t>(udp_.size());
    udp_.push_back(std::make_unique<Udp>(Udp{number, std::move(*socket), nullptr}));
    Udp& made = *udp_.back();
    made.watch =
        std::make_unique<io::FdWatch>(loop_, made.socket.fd(), io::FdWatch::Readiness::kReadable,
                                      [this, &made] { on_datagrams(made); });
    return {};
  }
  auto socket = io::TcpListener::listen(options);
  if (!socket) return std::unexpected(socket.error().text);
  tcp_.push_back(std::make_unique<Tcp>(Tcp{std::move(*socket), nullptr}));
  Tcp& made = *tcp_.back();
  made.watch =
      std::make_unique<io::FdWatch>(loop_, made.socket.fd(), io::FdWatch::Readiness::kReadable,
                                    [this, &made] { on_connection(made); });
  return {};
}

void ServerSockets::on_datagrams(Udp& socket) {
  for (std::size_t i = 0; i < kBatchesPerTurn; ++i) {
    const auto batch = socket.socket.receive();
    events_.batch_begins();
    for (const io::ReceivedFrom& received : batch) {
      const openvpn::Path path{socket.number, received.peer.address, received.peer.port};
      for (base::MutableBytes rest = received.bytes; !rest.empty();) {
        const auto packet = rest.first(std::min(rest.size(), received.segment_size));
        rest = rest.subspan(packet.size());
        events_.packet(path, packet, /*stream=*/false);
      }
    }
    events_.batch_done();
    // A batch that is not full was the last one; if not, the loop calls again.
    if (batch.size() < io::UdpListener::kBatch) return events_.drained();
  }
}

bool ServerSockets::has_room_for(const base::IpAddress& peer) const {
  if (streams_.size() < kMostStreams / 2) return true;
  return streams_.size() < kMostStreams && places_.at(peer) < kMostStreamsOfOnePlace;
}

void ServerSockets::on_connection(Tcp& socket) {
  for (std::size_t i = 0; i < kConnectionsPerTurn; ++i) {
    io::TcpListener::Accepted accepted = socket.socket.accept();
    if (accepted.exhausted) {
      socket.watch->disable();
      accept_again_.set(kExhaustion);
    }
    if (!accepted.fd.valid()) return;
    if (!has_room_for(accepted.peer.address)) continue;
    places_.add(accepted.peer.address);
    const std::uint32_t number = next_stream_++;
    auto stream =
        std::make_unique<Stream>(Stream{{number, accepted.peer.address, accepted.peer.port},
                                        io::TcpSocket::of(std::move(accepted.fd))});
    stream->readable =
        std::make_unique<io::FdWatch>(loop_, stream->socket.fd(), io::FdWatch::Readiness::kReadable,
                                      [this, number] { on_stream(number); });
    stream->writable =
        std::make_unique<io::FdWatch>(loop_, stream->socket.fd(), io::FdWatch::Readiness::kWritable,
                                      [this, number] { on_writable(number); });
    stream->writable->disable();
    streams_.emplace(number, std::move(stream));
    if (newcomers_.empty()) silence_.set(kLongestSilence);
    newcomers_.emplace_back(number, io::read_clock().mono + kLongestSilence);
  }
}

void ServerSockets::on_stream(std::uint32_t number) {
  Stream& stream = *streams_.at(number);
  std::size_t count = 0;
  const auto outcome = stream.socket.read(stream.deframer.free_space(), count);
  if (outcome == io::TcpSocket::ReadOutcome::kNothing) return;
  bool broken = outcome == io::TcpSocket::ReadOutcome::kClosed;
  if (!broken) stream.deframer.filled(count);
  events_.batch_begins();
  while (!broken && !stream.closing) {
    const auto packet = stream.deframer.next();
    // A stream that is out of step is never trusted again.
    broken = !packet;
    if (broken || !*packet) break;
    stream.spoken = true;
    events_.packet(stream.path, **packet, /*stream=*/true);
  }
  events_.batch_done();
  if (!broken) return;
  drop(number);
  events_.disconnected(number);
  events_.batch_done();
}

void ServerSockets::on_writable(std::uint32_t number) {
  Stream& stream = *streams_.at(number);
  if (!stream.socket.flush()) {
    drop(number);
    events_.disconnected(number);
    return events_.batch_done();
  }
  if (stream.socket.has_queued()) return;
  stream.writable->disable();
  if (stream.closing) drop(number);
}

// `bytes` of the stream, whole packets behind their lengths.
void ServerSockets::send_stream(std::uint32_t number, base::Bytes bytes) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  if (!stream.socket.has_room_for(bytes.size())) {
    ++lost_;
    return;
  }
  stream.socket.send(bytes);
  if (stream.socket.has_queued()) stream.writable->enable();
}

void ServerSockets::send(const openvpn::Path& path, base::Bytes packet) {
  if (is_stream(path.socket)) return send_stream(path.socket, openvpn::framed_for_stream(packet));
  const io::TrainTo train{{path.address, path.port}, packet, packet.size()};
  if (udp_[path.socket]->socket.send(std::span(&train, 1)) == 0) ++lost_;
}

void ServerSockets::send(std::span<const ServerBatch::Train> trains) {
  std::vector<io::TrainTo> group;
  while (!trains.empty()) {
    const std::uint32_t socket = trains[0].path.socket;
    if (is_stream(socket)) {
      send_stream(socket, trains[0].bytes);
      trains = trains.subspan(1);
      continue;
    }
    // Trains of one socket that stand together go together.
    group.clear();
    for (; !trains.empty() && trains[0].path.socket == socket; trains = trains.subspan(1)) {
      const openvpn::Path& path = trains[0].path;
      group.push_back({{path.address, path.port}, trains[0].bytes, trains[0].segment_size});
    }
    lost_ += group.size() - udp_[socket]->socket.send(group);
  }
}

void ServerSockets::close(std::uint32_t socket) {
  const auto found = streams_.find(socket);
  if (found == streams_.end()) return;
  found->second->closing = true;
  found->second->readable->disable();
  if (!found->second->socket.has_queued()) drop(socket);
}

void ServerSockets::drop_silent() {
  const base::Instant now = io::read_clock().mono;
  for (; !newcomers_.empty() && newcomers_.front().second <= now; newcomers_.pop_front()) {
    const auto found = streams_.find(newcomers_.front().first);
    if (found != streams_.end() && !found->second->spoken) drop(found->first);
  }
  if (!newcomers_.empty()) silence_.set(newcomers_.front().second - now);
}

void ServerSockets::drop(std::uint32_t number) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  found->second->readable->disable();
  found->second->writable->disable();
  places_.remove(found->second->path.address);
  retired_.push_back(std::move(found->second));
  streams_.erase(found);
  retire_.set(base::Duration::zero());
}

}  // namespace sallyport::daemon
