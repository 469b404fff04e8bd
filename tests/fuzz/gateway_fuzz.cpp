// The gateway with its clients, its tunnel and its user, all of whom do what they like in any
// order. Of the promises (docs/security.md): a client's bytes leave sealed or not at all, and only
// while the tunnel is up; what reaches a client answers something that this client has said.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "client_book.h"
#include "fuzz_input.h"
#include "gateway_world.h"
#include "net/arp.h"
#include "net/ethernet.h"
#include "packet_builder.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using testing::ByteVector;
using testing::FuzzInput;

constexpr const char* kPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.2 255.255.255.0,peer-id 7,cipher AES-256-GCM,"
    "dhcp-option DNS 198.51.100.53,ifconfig-ipv6 fd00:8::2/64 fd00:8::1,ping 60";
constexpr const char* kNarrowPush =
    "PUSH_REPLY,topology subnet,ifconfig 10.8.0.99 255.255.255.0,peer-id 7,cipher AES-256-GCM,"
    "tun-mtu 600,inactive 1000";
constexpr std::array kTexts{"RESTART", "HALT", "AUTH_FAILED", "EXIT", kPush, kNarrowPush};
constexpr std::array kPauses{base::Duration(1), base::Duration(50'000), base::Duration(3'000'000),
                             base::Duration(40'000'000), base::Duration(3'700'000'000)};
constexpr std::array kRemotes4{"198.51.100.7", "203.0.113.1", "10.139.1.1", "10.137.0.11",
                               "192.0.2.1",    "10.137.0.1",  "224.0.0.1",  "10.8.0.1"};
constexpr std::array kRemotes6{"2001:db8::7", "fd09:24ef:4179::a89:b", "ff02::1", "fd00:8::1"};
constexpr std::array<std::uint16_t, 4> kPorts{53, 80, 1194, 4000};
constexpr std::size_t kMostClients = 3;

struct Client {
  net::ClientId id;
  base::IpAddress v4, v6;
  fuzz::ClientBook book;
  // What nobody else may ever read.
  std::string marker;
};

class Play {
 public:
  explicit Play(FuzzInput input) : input_(input) {
    const std::uint8_t setup = input_.u8();
    for (std::size_t i = 0; i < 2; ++i) attach(i);
    if ((setup & 1) != 0)
      world_.gateway().router().set_own_addresses(testing::ip("10.137.0.1"), {});
    if ((setup & 2) != 0) world_.server().script().push = kNarrowPush;
    if ((setup & 4) != 0) return;
    world_.use_profile();
    if ((setup & 8) == 0) CHECK(world_.connect());
  }

  void run() {
    while (!input_.done()) {
      step(input_.u8());
      world_.settle();
      CHECK(!world_.leaked);
      for (auto& [index, client] : clients_) expect_invited(index, client);
    }
  }

 private:
  void attach(std::size_t index) {
    if (clients_.contains(index)) return;
    const std::string number = std::to_string(10 + index);
    const std::string v4 = "10.137.0." + number, v6 = "fd09:24ef:4179::a89:" + number;
    const net::ClientId id = world_.add_client(v4, v6);
    world_.delivered(id);
    clients_.emplace(
        index,
        Client{
            id, testing::ip(v4), testing::ip(v6), {}, std::string(GatewayWorld::kMarker) + number});
  }

  void expect_invited(std::size_t index, Client& client) {
    for (ByteVector& packet : world_.delivered(client.id)) {
      const std::string_view text = base::text_of(packet);
      for (const auto& [other, someone] : clients_)
        CHECK(other == index || text.find(someone.marker) == std::string_view::npos);
      // What is no IP packet is our answer to ARP.
      if (packet.at(0) >> 4 == 0) {
        CHECK(packet.size() == net::kArpFrameSize - net::EthernetHeader::kSize);
        continue;
      }
      client.book.expect_invited(packet, client.v4, client.v6);
    }
  }

  void step(std::uint8_t operation) {
    const std::size_t which = operation >> 4;
    Client* const client = find(which & 3);
    switch (operation & 15) {
      case 0:
        if (client != nullptr) send(*client, build(*client));
        return;
      case 1:
        if (client != nullptr) {
          const net::Offload offload = (which & 8) != 0 ? any_offload() : net::Offload{};
          send(*client, input_.bytes(input_.u16()), offload);
        }
        return;
      case 2:
        if (client != nullptr) send_frame(*client, input_.bytes(input_.u8()));
        return;
      case 3:
        if (client != nullptr) send_super_packet(*client);
        return;
      case 4:
        if (client != nullptr) send_in_pieces(*client, which);
        return;
      case 5:
        return from_tunnel(answer(which));
      case 6:
        return from_tunnel(error(which));
      case 7:
        return from_tunnel(input_.bytes(input_.u16()));
      case 8:
        return world_.run_for(kPauses[which % kPauses.size()]);
      case 9:
        return user(which);
      case 10:
        return world_.server().send_text(kTexts[which % kTexts.size()]);
      case 11:
        return server(which);
      case 12:
        return come_or_go(which & 3);
      case 13: {
        ByteVector packet = answer(which);
        if (packet.empty()) return;
        packet[input_.u8() % packet.size()] = input_.u8();
        return from_tunnel(packet.size() < 28 ? packet : testing::with_new_checksums(packet));
      }
      case 14:
        if (client != nullptr) ask_link(*client);
        return;
      case 15:
        for (const ByteVector& piece : pieces(answer(which))) from_tunnel(piece);
        return;
    }
  }

  Client* find(std::size_t index) {
    const auto found = clients_.find(index);
    return found == clients_.end() ? nullptr : &found->second;
  }

  ByteVector build(const Client& client) {
    const std::uint8_t kind = input_.u8();
    const bool v4 = (kind & 0x80) == 0;
    const std::size_t remote = kind >> 4 & 7;
    testing::Ends ends;
    ends.source = v4 ? client.v4 : client.v6;
    ends.destination = testing::ip(v4 ? kRemotes4[remote] : kRemotes6[remote % kRemotes6.size()]);
    ends.source_port = static_cast<std::uint16_t>(4000 + (kind >> 2 & 1));
    ends.destination_port = kPorts[kind >> 2 & 3];
    const auto payload = base::bytes_of(client.marker);
    switch (kind & 3) {
      case 0:
        return testing::udp_packet(ends, payload);
      case 1:
        return testing::tcp_packet(ends, {.flags = input_.u8()}, payload);
      case 2:
        ends.destination_port = 0;
        return testing::echo_packet(ends, true, payload);
      default:
        if (world_.server().received.empty()) return testing::ip_packet(ends, 47, payload);
        return testing::icmp_error_packet({ends.source, ends.destination}, v4 ? 3 : 1, input_.u8(),
                                          last_received(0));
    }
  }

  // Nothing is sealed unless the gateway says that the tunnel is up.
  template <class Sending>
  void guarded(Sending sending) {
    const bool up = world_.gateway().state() == gateway::State::kConnected;
    const std::uint64_t before = world_.sealed_packets;
    sending();
    CHECK(up || world_.sealed_packets == before);
  }

  void send(Client& client, ByteVector packet, const net::Offload& offload = {}) {
    if (packet.empty()) return;
    ByteVector noted = packet;
    client.book.sent(noted, offload);
    guarded([&] { world_.send(client.id, packet, offload); });
  }

  net::Offload any_offload() {
    net::Offload offload;
    offload.gso = static_cast<net::Gso>(input_.below(4));
    offload.segment_size = input_.u16();
    offload.needs_checksum = true;
    return offload;
  }

  void send_frame(Client& client, ByteVector frame) {
    if (frame.size() > net::EthernetHeader::kSize) {
      ByteVector noted(frame.begin() + net::EthernetHeader::kSize, frame.end());
      client.book.sent(noted);
    }
    guarded([&] {
      world_.gateway().router().handle_inside(world_.now(), client.id, frame, {});
      world_.gateway().batch_done(world_.now());
      world_.settle();
    });
  }

  void send_super_packet(Client& client) {
    const std::uint8_t kind = input_.u8();
    const bool v4 = (kind & 1) != 0;
    const testing::Ends ends{v4 ? client.v4 : client.v6,
                             testing::ip(v4 ? kRemotes4[0] : kRemotes6[0]), 4000, 80};
    // The connection is there already when an earlier operation opened it.
    const testing::TcpOptions tcp{.flags = input_.u8(),
                                  .options = ByteVector((kind >> 4) % 11 * 4, 1)};
    const ByteVector payload(input_.u16());
    net::Offload offload;
    offload.gso = v4 ? net::Gso::kTcp4 : net::Gso::kTcp6;
    offload.segment_size = input_.u16();
    offload.needs_checksum = true;
    const std::size_t headers = v4 ? 20 + 60 : 40 + 60;
    if (payload.size() + headers > 65535) return;
    send(client, testing::with_partial_checksum(testing::tcp_packet(ends, tcp, payload)), offload);
  }

  // An IPv4 packet without options in two pieces.
  static std::vector<ByteVector> pieces(const ByteVector& packet) {
    if (packet.size() < 20 + 16 || packet[0] != 0x45) return {packet};
    std::vector<ByteVector> both;
    const std::size_t cut = 20 + (packet.size() - 20) / 2 / 8 * 8;
    for (const bool first : {true, false}) {
      ByteVector piece(packet.begin(), packet.begin() + 20);
      piece.insert(piece.end(), packet.begin() + static_cast<std::ptrdiff_t>(first ? 20 : cut),
                   first ? packet.begin() + static_cast<std::ptrdiff_t>(cut) : packet.end());
      piece[2] = static_cast<std::uint8_t>(piece.size() >> 8);
      piece[3] = static_cast<std::uint8_t>(piece.size());
      const std::size_t offset = first ? 0x2000 : (cut - 20) / 8;
      piece[6] = static_cast<std::uint8_t>(offset >> 8);
      piece[7] = static_cast<std::uint8_t>(offset);
      piece[10] = piece[11] = 0;
      const auto sum = static_cast<std::uint16_t>(~testing::plain_sum(std::span(piece).first(20)));
      piece[10] = static_cast<std::uint8_t>(sum >> 8);
      piece[11] = static_cast<std::uint8_t>(sum);
      both.push_back(std::move(piece));
    }
    return both;
  }

  void send_in_pieces(Client& client, std::size_t which) {
    std::vector<ByteVector> all = pieces(build(client));
    if ((which & 8) != 0) std::ranges::reverse(all);
    for (const ByteVector& piece : all) send(client, piece);
  }

  // ARP for any address, or any ICMPv6 with a hop limit of 255.
  void ask_link(Client& client) {
    ByteVector frame(net::kArpFrameSize);
    net::EthernetHeader{net::MacAddress::broadcast(),
                        world_.gateway().router().client(client.id)->setup().mac,
                        net::EtherType::kArp}
        .write(frame);
    constexpr std::array<std::uint8_t, 8> kRequest{0, 1, 8, 0, 6, 4, 0, 1};
    std::ranges::copy(kRequest, frame.begin() + 14);
    world_.gateway().router().client(client.id)->setup().mac.store(frame, 22);
    std::ranges::copy(client.v4.wire(), frame.begin() + 28);
    std::ranges::copy(testing::ip(kRemotes4[input_.below(8)]).wire(), frame.begin() + 38);
    send_frame(client, frame);
  }

  // The `which`-th last packet that came out of the tunnel at the server; empty without one.
  ByteVector last_received(std::size_t which) {
    const auto& received = world_.server().received;
    if (received.empty()) return {};
    const std::string& text = received[received.size() - 1 - which % received.size()];
    return {text.begin(), text.end()};
  }

  // An answer to it from whom it was for, or from a neighbour.
  ByteVector answer(std::size_t which) {
    ByteVector asked = last_received(which);
    const auto packet = net::parse_packet(asked);
    if (!packet || !packet->has_transport || packet->is_fragment()) return {};
    const ByteVector payload(input_.u8() * 8u, 'r');
    const testing::Ends back{packet->destination, packet->source, packet->destination_port,
                             packet->source_port};
    if (packet->is_tcp()) return testing::tcp_packet(back, {.flags = input_.u8()}, payload);
    if (packet->is_udp()) return testing::udp_packet(back, payload);
    return testing::echo_packet({back.source, back.destination, packet->icmp.id, 0}, false,
                                payload);
  }
  ByteVector error(std::size_t which) {
    const ByteVector quote = last_received(which);
    if (quote.empty()) return {};
    const bool v4 = quote[0] >> 4 == 4;
    const testing::Ends ends{testing::ip(v4 ? "203.0.113.9" : "2001:db8::9"),
                             testing::ip(v4 ? "10.8.0.2" : "fd00:8::2")};
    return testing::icmp_error_packet(ends, input_.u8(), input_.u8(), quote, input_.u8());
  }

  void from_tunnel(const ByteVector& packet) {
    world_.server().send_data(base::text_of(packet));
    world_.run_for(std::chrono::milliseconds(input_.below(2) * 30));
    if (world_.server().received.size() > 100) world_.server().received.clear();
  }

  void user(std::size_t which) {
    switch (which % 5) {
      case 0:
        return world_.gateway().reconnect(world_.now());
      case 1:
        return world_.gateway().stop(world_.now());
      case 2:
        return world_.gateway().block(world_.now(), "as the user wants");
      case 3:
        return world_.use_profile();
      case 4:
        return world_.use_profile(
            [](Profile& profile) { profile.remotes[0].host = "vpn.example.net"; });
    }
  }

  void server(std::size_t which) {
    switch (which % 5) {
      case 0:
        return world_.server().start_rekey(world_.now());
      case 1:
        world_.server().script().silent = !world_.server().script().silent;
        return;
      case 2:
        return world_.server().send_data(base::text_of(kExitNotice));
      case 3:
        return world_.gateway().handle_disconnected(world_.now(), "broken");
      case 4:
        world_.answer_connects = !world_.answer_connects;
    }
  }

  void come_or_go(std::size_t index) {
    if (index >= kMostClients) return;
    Client* const client = find(index);
    if (client == nullptr) return attach(index);
    world_.gateway().router().detach(client->id);
    clients_.erase(index);
  }

  FuzzInput input_;
  GatewayWorld world_{{.push = kPush}};
  std::map<std::size_t, Client> clients_;
};

}  // namespace
}  // namespace sallyport::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::sim::Play({data, size}).run();
  return 0;
}
