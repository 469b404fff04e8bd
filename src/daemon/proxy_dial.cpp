#include "daemon/proxy_dial.h"

#include <array>

namespace sallyport::daemon {

io::Result<std::unique_ptr<ProxyDial>> ProxyDial::start(io::EventLoop& loop,
                                                        const openvpn::ConnectRequest& request,
                                                        const std::string& interface,
                                                        Events events) {
  std::unique_ptr<ProxyDial> dial(new ProxyDial(loop, request, interface, std::move(events)));
  if (auto connecting = dial->connect(); !connecting) return std::unexpected(connecting.error());
  return dial;
}

ProxyDial::ProxyDial(io::EventLoop& loop, const openvpn::ConnectRequest& request,
                     const std::string& interface, Events events)
    : loop_(loop),
      proxy_{request.address, request.port},
      options_{interface, {}},
      events_(std::move(events)),
      handshake_(request.proxy, request.target, request.transport, rng_),
      again_(loop, [this] {
        if (const auto connecting = connect(); !connecting) fail(connecting.error().text);
      }) {}

io::Result<void> ProxyDial::connect() {
  readable_.reset();
  writable_.reset();
  connected_ = false;
  auto socket = io::TcpSocket::connect(proxy_, options_);
  if (!socket) return std::unexpected(socket.error());
  socket_.emplace(std::move(*socket));
  readable_.emplace(loop_, socket_->fd(), io::FdWatch::Readiness::kReadable,
                    [this] { on_readable(); });
  readable_->disable();
  writable_.emplace(loop_, socket_->fd(), io::FdWatch::Readiness::kWritable,
                    [this] { on_writable(); });
  handshake_.begin();
  return {};
}

void ProxyDial::close() {
  again_.cancel();
  if (readable_) readable_->disable();
  if (writable_) writable_->disable();
}

void ProxyDial::on_writable() {
  writable_->disable();
  if (!connected_) {
    const std::string error = socket_->connection_error();
    if (!error.empty()) return fail("the proxy: " + error);
    connected_ = true;
    readable_->enable();
    return send_output();
  }
  if (!socket_->flush()) return fail("the connection to the proxy broke");
  if (socket_->has_queued()) writable_->enable();
}

void ProxyDial::send_output() {
  const base::SecretBytes output = handshake_.take_output();
  if (output.empty()) return;
  socket_->send(output.reveal());
  if (socket_->has_queued()) writable_->enable();
}

void ProxyDial::on_readable() {
  std::array<std::uint8_t, 4096> space;
  std::size_t count = 0;
  switch (socket_->read(space, count)) {
    case io::TcpSocket::ReadOutcome::kNothing:
      return;
    case io::TcpSocket::ReadOutcome::kClosed:
      return fail("the proxy closed the connection");
    case io::TcpSocket::ReadOutcome::kData:
      break;
  }
  // With a relay this connection only has to stay.
  if (!done_) take(base::Bytes(space).first(count));
}

void ProxyDial::take(base::Bytes input) {
  const openvpn::ProxyProgress progress = handshake_.receive(input);
  switch (progress.kind) {
    case openvpn::ProxyProgress::Kind::kMore:
      return send_output();
    case openvpn::ProxyProgress::Kind::kDone:
      return done(progress, input);
    case openvpn::ProxyProgress::Kind::kAgain:
      readable_->disable();
      writable_->disable();
      return again_.set(base::Duration::zero());
    case openvpn::ProxyProgress::Kind::kFailed:
      return fail(progress.text);
  }
}

void ProxyDial::done(const openvpn::ProxyProgress& progress, base::Bytes early) {
  done_ = true;
  if (!progress.relay) {
    close();
    return events_.stream(std::move(*socket_), early);
  }
  // The proxy is all that the profile names: it cannot send us elsewhere.
  const auto& address = progress.relay->address;
  if (address && *address != proxy_.address)
    return fail("the proxy wants datagrams sent to another host, " + address->to_string());
  events_.relay({proxy_.address, progress.relay->port});
}

void ProxyDial::fail(const std::string& why) {
  close();
  events_.failed(why);
}

}  // namespace sallyport::daemon
