#include "daemon/server_device.h"

#include "daemon/vnet_offload.h"
#include "io/interface_setup.h"

namespace sallyport::daemon {
namespace {

io::TunnelSetup setup_of(const openvpn::ServerConfig& config, const std::string& name) {
  const openvpn::PoolOptions& pool = *config.pool;
  io::TunnelSetup setup;
  setup.name = name;
  setup.v4 = pool.own;
  setup.v4_length = pool.network.length();
  if (pool.network6) {
    setup.v6 = pool.own6;
    setup.v6_length = pool.network6->length();
  }
  if (config.sets_up == openvpn::DeviceSetup::kAll) setup.routes = config.routes;
  setup.mtu = config.tunnel.tun_mtu;
  return setup;
}

}  // namespace

std::expected<std::unique_ptr<ServerDevice>, std::string> ServerDevice::make(
    const openvpn::ServerConfig& config) {
  // The kernel chooses a number for a name with %d.
  auto device = io::TapDevice::create(config.device.empty() ? "tun%d" : config.device,
                                      io::TapDevice::Kind::kIp);
  if (!device) return std::unexpected(device.error().text);
  if (config.sets_up == openvpn::DeviceSetup::kNothing)
    return std::unique_ptr<ServerDevice>(new ServerDevice(std::move(*device)));
  const io::TunnelSetup setup = setup_of(config, device->name());
  if (auto done = io::set_up_tunnel(setup); !done)
    return std::unexpected(setup.name + ": " + done.error().text);
  return std::unique_ptr<ServerDevice>(new ServerDevice(std::move(*device)));
}

ServerDevice::ServerDevice(io::TapDevice device) : device_(std::move(device)) {
  merger_.merge_datagrams(device_.takes_udp_segmentation());
}

std::expected<ServerDevice::Frame, io::TapDevice::Gone> ServerDevice::read() {
  const auto frame = device_.read(space_.bytes());
  if (!frame) return std::unexpected(frame.error());
  if (frame->bytes.empty()) return Frame{};
  auto packet = net::parse_packet(frame->bytes, offload_of(frame->header, 0));
  if (!packet) return Frame{frame->bytes, std::nullopt};
  return Frame{frame->bytes, *packet};
}

void ServerDevice::write(net::Packet& packet) {
  const bool held = merger_.add(packet);
  write_runs();
  if (!held) write_pieces(packet.offload, packet.bytes, {});
}

void ServerDevice::write(base::Bytes packet) {
  write_pieces({}, packet, {});
}

void ServerDevice::batch_done() {
  merger_.flush();
  write_runs();
}

void ServerDevice::write_runs() {
  while (net::MergedRun* const run = merger_.next())
    write_pieces(run->packet().offload, run->packet().bytes, run->payloads());
}

void ServerDevice::write_pieces(const net::Offload& offload, base::Bytes first,
                                std::span<const base::Bytes> rest) {
  pieces_.assign(1, first);
  pieces_.insert(pieces_.end(), rest.begin(), rest.end());
  if (!device_.write(vnet_header_of(offload, 0), pieces_)) lost_ += pieces_.size();
}

}  // namespace sallyport::daemon
