#include "packet_path_world.h"

#include <cstdio>
#include <cstdlib>

#include "base/endian.h"
#include "net/ethernet.h"

namespace sallyport::benchmark {
namespace {

using testing::ByteVector;
using testing::Ends;

constexpr net::MacAddress kMac(net::MacAddress::Octets{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00});
constexpr std::uint32_t kFirstClient = 0x0a89000a;  // 10.137.0.10
constexpr std::uint32_t kFirstRemote = 0xc6120001;  // 198.18.0.1
constexpr std::uint32_t kTunnel = 0x0a080002;       // 10.8.0.2
constexpr std::uint16_t kInsidePort = 40000;
constexpr std::uint16_t kRemotePort = 443;

base::IpAddress client_address(std::size_t index) {
  return base::IpAddress::v4(kFirstClient + static_cast<std::uint32_t>(index));
}

sim::ScriptedServer::Script script_of(const Case& which) {
  sim::ScriptedServer::Script script;
  script.suite.cipher =
      which.chacha ? openvpn::DataCipher::kChaCha20Poly1305 : openvpn::DataCipher::kAes256Gcm;
  script.push = "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher " +
                std::string(openvpn::name_of(script.suite.cipher)) + ",tun-mtu 1500";
  return script;
}

// One after the other, and none of them is about the flows of the case but the last.
net::RuleSet rules_of(std::size_t count) {
  std::vector<std::string> rules;
  for (std::size_t i = 1; i < count; ++i) {
    const auto network = base::IpAddress::v4(0xcb007100 + (static_cast<std::uint32_t>(i) << 8));
    rules.push_back("action=drop dst4=" + network.to_string() + "/24 proto=tcp dstports=80-80");
  }
  rules.push_back("action=accept");
  auto parsed = net::RuleSet::parse("drop", rules, net::Family::kIpv4);
  if (!parsed) fail("the rules");
  return std::move(*parsed);
}

}  // namespace

void fail(const char* what) {
  std::fprintf(stderr, "packet_path: %s\n", what);
  std::exit(EXIT_FAILURE);
}

PacketPathWorld::PacketPathWorld(const Case& which)
    : case_(which),
      world_(script_of(which), 1,
             which.rules == 0 ? sim::GatewayWorld::Rules::kNone
                              : sim::GatewayWorld::Rules::kEnforced) {
  for (std::size_t i = 0; i < which.clients; ++i) add_client(i);
  world_.use_profile([](openvpn::Profile& profile) {
    profile.ciphers.offered.push_back(openvpn::DataCipher::kChaCha20Poly1305);
  });
  if (!world_.connect()) fail("no tunnel");
  router().merge_datagrams(which.merged);
  for (std::size_t flow = 0; flow < which.flows; ++flow) open_flow(flow);
  if (router().flow_count() != which.flows) fail("not all flows could be opened");
}

void PacketPathWorld::add_client(std::size_t index) {
  clients_.push_back(world_.add_client(client_address(index).to_string()));
  if (case_.rules != 0) router().set_rules(now(), client_address(index), rules_of(case_.rules));
}

// The first flow of each client tells its port outside, which UDP keeps for all of them. The case
// has one flow if it is of TCP.
void PacketPathWorld::open_flow(std::size_t flow) {
  const Ends ends = ends_of(flow);
  const bool udp = case_.kind == Case::Kind::kUdp;
  ByteVector first = udp ? testing::udp_packet(ends) : testing::tcp_packet(ends, {.flags = 0x02});
  if (flow >= clients_.size()) {
    ByteVector bytes = frame(first);
    router().handle_inside(now(), client_of(flow), bytes, {});
    return clear();
  }
  const auto out = world_.through(client_of(flow), first);
  if (out.size() != 1) fail("a flow's first packet is lost");
  outside_ports_.push_back(base::load_u16(out[0], 20));
  if (udp) return;
  world_.send_from_tunnel(testing::tcp_packet(outside_ends_of(flow), {.flags = 0x12}));
  world_.through(client_of(flow), testing::tcp_packet(ends, {.sequence = 1001}));
}

Ends PacketPathWorld::ends_of(std::size_t flow) const {
  const std::size_t number = flow / clients_.size();
  return {client_address(flow % clients_.size()),
          base::IpAddress::v4(kFirstRemote + static_cast<std::uint32_t>(number)), kInsidePort,
          kRemotePort};
}

Ends PacketPathWorld::outside_ends_of(std::size_t flow) const {
  Ends ends = ends_of(flow).reversed();
  ends.destination = base::IpAddress::v4(kTunnel);
  ends.destination_port = outside_ports_[flow % clients_.size()];
  return ends;
}

ByteVector PacketPathWorld::packet(const Ends& ends, std::size_t number) const {
  const ByteVector payload = testing::counting_bytes(case_.payload);
  if (case_.kind == Case::Kind::kUdp) return testing::udp_packet(ends, payload);
  testing::TcpOptions tcp{.sequence = 1001, .acknowledgement = 2001};
  // What grows is the data, or what of it has arrived.
  (case_.kind == Case::Kind::kTcpBulk ? tcp.sequence : tcp.acknowledgement) +=
      static_cast<std::uint32_t>(number * (case_.payload == 0 ? 2776 : case_.payload));
  return testing::tcp_packet(ends, tcp, payload);
}

ByteVector PacketPathWorld::frame(const ByteVector& packet) {
  ByteVector frame(net::EthernetHeader::kSize);
  net::EthernetHeader{gateway::kGatewayMac, kMac, net::EtherType::kIpv4}.write(frame);
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

void PacketPathWorld::finish_turn() {
  gateway().batch_done(now());
  while (gateway().poll_packet(now())) fail("the VPN has something to say");
  while (gateway().poll(now())) fail("the gateway has something to say");
  if (!gateway().next_deadline()) fail("no deadline");
}

void PacketPathWorld::clear() {
  router().inside().clear();
  router().outside().clear();
}

}  // namespace sallyport::benchmark
