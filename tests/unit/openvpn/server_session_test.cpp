// A server's session, and a client that behaves as OpenVPN 3 does (compared with aa57ac46).
#include "openvpn/server/server_session.h"

#include "counting_rng.h"
#include "fake_tls.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using testing::FakeTlsFactory;
using Texts = std::vector<std::string>;

constexpr base::Now kNow{base::Instant(std::chrono::seconds(1000)),
                         base::WallTime(std::chrono::seconds(1'900'000'000))};

std::shared_ptr<const ServerConfig> config() {
  ServerConfig config;
  config.ciphers = {DataCipher::kAes256Gcm};
  config.topology = Topology::kSubnet;
  config.pool = PoolOptions{};
  config.pool->network = *base::IpPrefix::parse("10.8.0.0/24");
  return std::make_shared<const ServerConfig>(std::move(config));
}

// What comes while it does not know yet that its key message has arrived, it never reads. It asks
// for nothing, so that everything that it hears comes unasked.
class Client {
 public:
  explicit Client(base::Rng& rng) : channel_({}, wrap_, tls_, rng, kNow) {
    channel_.set_key_message("V4,tls-client", "IV_CIPHERS=AES-256-GCM\nIV_PROTO=262");
  }

  std::optional<std::vector<std::uint8_t>> poll_packet() {
    auto packet = channel_.poll_packet(kNow);
    // With this one the server learns that all of its own have arrived.
    if (packet) deaf_ = false;
    return packet;
  }

  void handle_packet(base::MutableBytes packet) {
    static_cast<void>(channel_.handle_packet(kNow, packet));
    while (auto event = channel_.poll_event()) {
      if (std::holds_alternative<KeyActive>(*event)) deaf_ = true;
      const auto* const text = std::get_if<TextReceived>(&*event);
      if (text != nullptr) (deaf_ ? lost : heard).emplace_back(text->text.reveal_text());
    }
  }

  void start_rekey() { channel_.start_rekey(kNow); }

  Texts heard, lost;

 private:
  ControlWrap wrap_{std::in_place_type<PlainWrap>};
  FakeTlsFactory tls_{FakeTlsFactory::End::kClient};
  ControlChannel channel_;
  bool deaf_ = false;
};

struct Bed {
  testing::CountingRng rng;
  FakeTlsFactory tls{FakeTlsFactory::End::kServer};
  BatchMemory memory;
  Client client{rng};
  std::optional<ServerSession> server;
  bool welcome = true;
  std::string token = "first";

  explicit Bed(bool let_in = true) : welcome(let_in) {
    auto first = *client.poll_packet();
    const auto header = ControlHeader::parse(first);
    const auto body =
        ControlBody::parse(header->opcode, base::Bytes(first).subspan(ControlHeader::kSize));
    server.emplace(config(), 1200, Transport::kUdp,
                   AcceptedClient{SessionId(7), header->session, ControlWrapper::plain(), {}},
                   PeerId(1), tls, rng, memory, kNow);
    REQUIRE(server->handle_first(kNow, *header, *body).has_value());
    exchange();
  }

  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      answer();
      for (auto packet = server->poll_packet(kNow); packet; packet = server->poll_packet(kNow)) {
        client.handle_packet(*packet);
        moved = true;
      }
      for (auto packet = client.poll_packet(); packet; packet = client.poll_packet()) {
        static_cast<void>(server->handle_control(kNow, *packet));
        answer();
        moved = true;
      }
    }
  }

  void answer() {
    while (const auto event = server->poll_event()) {
      const auto* const wanted = std::get_if<LoginWanted>(&*event);
      if (wanted == nullptr) continue;
      if (!welcome) {
        server->refuse(kNow, "no");
      } else if (wanted->rekey) {
        server->admit_key(kNow, base::SecretBytes(token));
      } else {
        ClientAddresses addresses;
        addresses.v4 = *base::IpAddress::parse("10.8.0.2");
        server->admit(kNow, {addresses, nullptr, base::SecretBytes(token)});
      }
    }
  }
};

TEST_SUITE("openvpn/server_session") {
  TEST_CASE("OpenVPN 3 hears its push, though nothing had to be judged") {
    Bed bed;
    EXPECT(bed.server->is_up());
    EXPECT(bed.client.lost.empty());
    REQUIRE(bed.client.heard.size() == 1);
    EXPECT(bed.client.heard[0].starts_with("PUSH_REPLY,"));
  }

  TEST_CASE("OpenVPN 3 hears why it is refused") {
    Bed bed(false);
    EXPECT(bed.client.lost.empty());
    EXPECT((bed.client.heard == Texts{"AUTH_FAILED,no"}));
  }

  TEST_CASE("OpenVPN 3 hears the token of each rekey, whoever begins it") {
    for (const bool by_client : {true, false}) {
      CAPTURE(by_client);
      Bed bed;
      bed.client.heard.clear();
      bed.token = "second";
      if (by_client) {
        bed.client.start_rekey();
      } else {
        bed.server->rekey(kNow);
      }
      bed.exchange();
      EXPECT(bed.client.lost.empty());
      EXPECT((bed.client.heard == Texts{"PUSH_REPLY,auth-token second"}));
    }
  }

  TEST_CASE("OpenVPN 3 hears that a rekey is refused") {
    Bed bed;
    bed.client.heard.clear();
    bed.welcome = false;
    bed.client.start_rekey();
    bed.exchange();
    EXPECT(bed.client.lost.empty());
    EXPECT((bed.client.heard == Texts{"AUTH_FAILED,no"}));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
