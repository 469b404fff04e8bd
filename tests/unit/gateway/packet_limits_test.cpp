#include "gateway/packet_limits.h"

#include "test.h"

namespace sallyport::gateway {
namespace {

using openvpn::OuterPath;
using openvpn::Transport;
using openvpn::TunnelOptions;

constexpr openvpn::SealRoom kGcm{.front = 24};
constexpr OuterPath kUdp4, kUdp6{true, Transport::kUdp}, kTcp4{false, Transport::kTcp};

TEST_SUITE("gateway/packet_limits") {
  TEST_CASE("while nothing is known of the path, the tunnel's MTU counts") {
    EXPECT(packet_limits({}, kUdp4, kGcm, std::nullopt) == PacketLimits{1500, 1500, 1440});
    TunnelOptions options;
    options.tun_mtu = 1300;
    EXPECT(packet_limits(options, kUdp4, kGcm, 9000) == PacketLimits{1300, 1300, 1300});
  }

  TEST_CASE("a sealed packet of the limit is as large as the path takes, with all headers") {
    EXPECT(packet_limits({}, kUdp4, kGcm, 1500) == PacketLimits{1448, 1448, 1440});
    EXPECT(packet_limits({}, kUdp6, kGcm, 1500) == PacketLimits{1428, 1428, 1420});
    EXPECT(packet_limits({}, kUdp4, kGcm, 1400) == PacketLimits{1348, 1348, 1348});
    // Blocks of 16, and a byte of padding at least.
    const openvpn::SealRoom cbc{.front = 44, .block = 16, .encrypted = 4};
    const PacketLimits limits = packet_limits({}, kUdp4, cbc, 1400);
    EXPECT(cbc.sealed_size(limits.v4) + 28 <= 1400);
    EXPECT(cbc.sealed_size(limits.v4 + 1) + 28 > 1400);
    // A SOCKS relay's header counts.
    EXPECT(packet_limits({}, {false, Transport::kUdp, 10}, kGcm, 1400).v4 == 1338);
  }

  TEST_CASE("no report makes a packet smaller than every host must take") {
    for (const std::size_t absurd :
         {std::size_t{0}, std::size_t{1}, std::size_t{52}, std::size_t{68}, std::size_t{576}}) {
      EXPECT(packet_limits({}, kUdp4, kGcm, absurd) == PacketLimits{576, 1280, 576});
    }
    // An IPv6 host cannot be told less than 1280, the others can.
    EXPECT(packet_limits({}, kUdp4, kGcm, 1280) == PacketLimits{1228, 1280, 1228});
    // What the ends agreed may be less.
    TunnelOptions options;
    options.tun_mtu = 576;
    EXPECT(packet_limits(options, kUdp4, kGcm, 0) == PacketLimits{576, 576, 576});
  }

  TEST_CASE("a stream takes care of its path by itself") {
    EXPECT(packet_limits({}, kTcp4, kGcm, 600) == packet_limits({}, kTcp4, kGcm, std::nullopt));
  }

  TEST_CASE("packets that are cut into pieces that fit may be of any size") {
    TunnelOptions options;
    options.fragment = 1200;
    EXPECT(packet_limits(options, kUdp4, kGcm, 1228).v4 == 1500);
    EXPECT(packet_limits(options, kUdp4, kGcm, 1227).v4 == 1175);
  }
}

}  // namespace
}  // namespace sallyport::gateway
