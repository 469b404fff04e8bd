// Servers of others, as they were seen in the wild, and what a client has to put up with to be one
// of theirs (docs/protocol.md, "Servers and clients of others").
#include <chrono>
#include <map>

#include "test.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::seconds;

constexpr const char* kAddress = "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,topology subnet";

void use_tcp(Profile& profile) {
  profile.remotes[0].transport = Transport::kTcp;
}

void use_old_cipher(Profile& profile) {
  use_tcp(profile);
  profile.ciphers.offered = {DataCipher::kAes256Gcm, DataCipher::kAes128Cbc};
}

World::Setup without_wrap() {
  World::Setup setup;
  setup.wrap = WrapKind::kPlain;
  return setup;
}

// A server that pushes no cipher and goes by what the client's options string names.
World::Setup going_by_options(DataCipherOptions ciphers) {
  World::Setup setup = without_wrap();
  setup.script.push = kAddress;
  setup.script.cipher_of_client = true;
  setup.script.peer_id = kNoPeerId;
  setup.change_profile = [ciphers](Profile& profile) { profile.ciphers = ciphers; };
  return setup;
}

struct Sent {
  ControlHeader header;
  ControlBody body;
};

// Of a world without a wrap: its client's control packets.
std::vector<Sent> control_packets(const World& world) {
  std::vector<Sent> packets;
  for (const auto& packet : world.sent) {
    const auto header = ControlHeader::parse(packet);
    if (!header || is_data(header->opcode)) continue;
    const auto body =
        ControlBody::parse(header->opcode, base::Bytes(packet).subspan(ControlHeader::kSize));
    REQUIRE(body.has_value());
    packets.push_back({*header, *body});
  }
  return packets;
}

void expect_both_ways(World& world) {
  world.send_inside("up");
  world.server().send_data("down");
  world.run_for(seconds(1));
  EXPECT(world.server().received == std::vector<std::string>{"up"});
  EXPECT(world.received == std::vector<std::string>{"down"});
}

TEST_SUITE("sim/quirks") {
  TEST_CASE("SoftEther: no packet brings more than four acknowledgements, however many are owed") {
    World::Setup setup = without_wrap();
    setup.script.push += ",dhcp-option DOMAIN " + std::string(20000, 'x');
    World world(std::move(setup));
    REQUIRE(world.connect());
    // Ten of its messages arrive at once, and once more.
    for (std::uint32_t id = 0; id < 10; ++id) {
      ControlBody body;
      body.message_id = MessageId(id);
      world.server().send_control(world.now(), Opcode::kControlV1, KeyId{}, body.serialize());
    }
    world.sent.clear();
    world.run_for(seconds(1));
    std::vector<std::size_t> acknowledgements;
    for (const Sent& sent : control_packets(world))
      acknowledgements.push_back(sent.body.acks.size());
    EXPECT(acknowledgements == std::vector<std::size_t>{4, 4, 2});
  }

  TEST_CASE("SoftEther: a push of 60 kB in one message, full of routes via vpn_gateway, is taken") {
    World::Setup setup = without_wrap();
    setup.script.push = std::string(kAddress) + ",peer-id 7,cipher AES-256-GCM";
    while (setup.script.push.size() < 60000)
      setup.script.push += ",route 203.0.113.0 255.255.255.0 vpn_gateway";
    World world(std::move(setup));
    REQUIRE(world.connect());
    EXPECT(world.downs.empty());
    expect_both_ways(world);
  }

  TEST_CASE(
      "SoftEther of old, MikroTik: no cipher is pushed, and that of the options string is spoken") {
    World::Setup setup = without_wrap();
    setup.script.push = kAddress;
    setup.script.options =
        "V4,dev-type tun,link-mtu 1543,tun-mtu 1500,proto TCPv4_SERVER,cipher AES-128-CBC,auth "
        "SHA1,keysize 128,key-method 2,tls-server";
    setup.script.suite = {.cipher = DataCipher::kAes128Cbc};
    setup.script.peer_id = kNoPeerId;
    setup.change_profile = use_old_cipher;
    World world(std::move(setup));
    REQUIRE(world.connect());
    EXPECT(world.ups[0].cipher == "AES-128-CBC");
    expect_both_ways(world);
  }

  TEST_CASE("SoftEther: the cipher that we name is spoken, and where we name none AES-128-CBC") {
    for (const auto cipher :
         {DataCipher::kAes256Gcm, DataCipher::kAes256Cbc, DataCipher::kAes128Cbc}) {
      World world(
          going_by_options({.offered = {DataCipher::kAes128Gcm, cipher}, .fallback = cipher}));
      REQUIRE(world.connect());
      EXPECT(world.ups[0].cipher == name_of(cipher));
      expect_both_ways(world);
    }
    World unnamed(going_by_options({.offered = {DataCipher::kAes128Cbc}, .fallback = {}}));
    REQUIRE(unnamed.connect());
    EXPECT(unnamed.ups[0].cipher == "AES-128-CBC");
    expect_both_ways(unnamed);
  }

  TEST_CASE("a server that pushes no cipher and names one that is not ours: no tunnel, and why") {
    for (const char* name : {"AES-128-CBC", "BF-CBC", "[null-cipher]"}) {
      World::Setup setup = going_by_options(
          {.offered = {DataCipher::kAes256Gcm}, .fallback = DataCipher::kAes256Cbc});
      setup.script.cipher_of_client = false;
      setup.script.options = std::string("V4,cipher ") + name + ",tls-server";
      World world(std::move(setup));
      REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(30)));
      EXPECT(world.downs[0].reason == DownReason::kCipher);
      EXPECT(world.downs[0].text.contains(name));
      EXPECT(world.ups.empty());
    }
  }

  TEST_CASE("a server that pushes no cipher and names the fallback: it is spoken") {
    World::Setup setup =
        going_by_options({.offered = {DataCipher::kAes256Gcm}, .fallback = DataCipher::kAes256Cbc});
    setup.script.cipher_of_client = false;
    setup.script.options = "V4,cipher aes-256-cbc,tls-server";
    setup.script.suite = {.cipher = DataCipher::kAes256Cbc};
    World world(std::move(setup));
    REQUIRE(world.connect());
    expect_both_ways(world);
  }

  TEST_CASE(
      "SoftEther: packets of keys that there are none of, as after its restart, end nothing") {
    World world(without_wrap());
    REQUIRE(world.connect());
    KeyId id;
    for (int i = 0; i < 7; ++i) {
      id = id.next();
      world.server().send_control(world.now(), Opcode::kControlV1, id, {});
      const auto data =
          static_cast<std::uint8_t>(std::to_underlying(Opcode::kDataV1) << 3 | id.value());
      world.path().send(world.now().mono, Towards::kClient, std::vector<std::uint8_t>(100, data));
    }
    world.run_for(seconds(2));
    EXPECT(world.drops[DropReason::kBadKeyId] == 14);
    EXPECT(world.downs.empty());
    expect_both_ways(world);
  }

  TEST_CASE("MikroTik, Azure: over TCP nothing is acknowledged twice, and nothing is sent twice") {
    World::Setup setup = without_wrap();
    setup.change_profile = [](Profile& profile) {
      use_tcp(profile);
      // So that there is more to send before the first answer.
      profile.remotes[0].max_packet_size = 200;
    };
    World world(std::move(setup));
    REQUIRE(world.connect());
    std::map<std::uint32_t, int> acknowledged, sent_messages;
    for (const Sent& sent : control_packets(world)) {
      for (const MessageId id : sent.body.acks.ids()) ++acknowledged[id.value()];
      if (sent.body.message_id) ++sent_messages[sent.body.message_id->value()];
    }
    EXPECT(acknowledged.size() > 2);
    EXPECT(sent_messages.size() > 2);
    for (const auto& counts : {acknowledged, sent_messages}) {
      for (const auto& [id, count] : counts) EXPECT(count == 1);
    }
  }

  TEST_CASE("Access Server: the third packet acknowledges the server's reset, and nothing else") {
    for (const bool lossy : {false, true}) {
      World::Setup setup = without_wrap();
      setup.script.cookies = true;
      if (lossy) setup.weather = {.lost = 300};
      World world(std::move(setup));
      REQUIRE(world.connect());
      const auto packets = control_packets(world);
      const auto third = std::ranges::find_if(
          packets, [](const Sent& sent) { return !is_hard_reset(sent.header.opcode); });
      REQUIRE(third != packets.end());
      EXPECT(third->body.acks.size() == 1);
      EXPECT(third->body.acks.ids()[0] == MessageId(0));
    }
  }

  TEST_CASE("Access Server: ACC messages are a line in the log, whatever they say") {
    World world(without_wrap());
    REQUIRE(world.connect());
    for (const char* text : {"ACC,cck1:1,0,x", "ACC", "ACC,", "ACC,a:b:c:d:e"})
      world.server().send_text(text);
    world.run_for(seconds(5));
    EXPECT(world.downs.empty());
    EXPECT(std::ranges::count_if(world.notes, [](const std::string& note) {
             return note.find("ACC") != std::string::npos;
           }) == 4);
    expect_both_ways(world);
  }

  TEST_CASE("Access Server: what it pushes for other programs disturbs nothing") {
    World::Setup setup = without_wrap();
    setup.script.push = std::string(kAddress) +
                        ",peer-id 7,cipher AES-256-GCM,client-ip 192.0.2.77,redirect-dns,sndbuf "
                        "0,rcvbuf 0,comp-lzo no,socket-flags TCP_NODELAY,explicit-exit-notify,"
                        "route-delay 5 30,block-ipv6,tap-sleep 3";
    World world(std::move(setup));
    REQUIRE(world.connect());
    EXPECT(world.downs.empty());
    EXPECT(world.ups.size() == 1);
  }

  TEST_CASE("a server that refuses a login and closes TLS in the same breath is heard") {
    for (const bool at_once : {true, false}) {
      World::Setup setup = without_wrap();
      setup.script.on_login = "AUTH_FAILED,no such user";
      setup.script.push_unasked = at_once;  // behind its key message, or when asked
      World world(std::move(setup));
      world.server_tls().close_behind(2);  // the first is its key message
      REQUIRE(world.run_until([&] { return !world.downs.empty(); }, seconds(30)));
      EXPECT(world.downs[0].reason == DownReason::kAuthFailed);
      EXPECT(world.downs[0].text.contains("no such user"));
    }
  }

  TEST_CASE("AWS: a password as long as an answer of SAML reaches the server whole") {
    World::Setup setup = without_wrap();
    const std::string answer(11000, 'S');
    setup.change_profile = [](Profile& profile) { profile.login.wanted = true; };
    setup.login = {base::SecretBytes(std::string_view("N/A")), base::SecretBytes(answer)};
    World world(std::move(setup));
    REQUIRE(world.connect());
    EXPECT((world.server().client_password == answer));
  }
}

}  // namespace
}  // namespace sallyport::sim
