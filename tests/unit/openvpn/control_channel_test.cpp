// A client's and a server's control channel, with each other.
#include "openvpn/session/control_channel.h"

#include "counting_rng.h"
#include "fake_tls.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using testing::FakeTlsFactory;
using Texts = std::vector<std::string>;

constexpr base::Now kNow{base::Instant(std::chrono::seconds(1000)),
                         base::WallTime(std::chrono::seconds(1'900'000'000))};

struct End {
  ControlChannel channel;
  Texts texts{};
  unsigned keys = 0;
  std::optional<ControlFailed> failed{};

  void take_events() {
    while (auto event = channel.poll_event()) {
      if (auto* text = std::get_if<TextReceived>(&*event)) {
        EXPECT_FALSE(failed.has_value());
        texts.emplace_back(text->text.reveal_text());
      } else if (std::holds_alternative<KeyActive>(*event)) {
        ++keys;
      } else if (auto* failure = std::get_if<ControlFailed>(&*event)) {
        failed = std::move(*failure);
      }
    }
  }
};

class Pair {
 public:
  FakeTlsFactory client_tls{FakeTlsFactory::End::kClient};
  FakeTlsFactory server_tls{FakeTlsFactory::End::kServer};
  std::optional<End> client, server;

  // `text` is what the server says as soon as it can.
  void connect(std::string text = {}) {
    client.emplace(ControlChannel({}, wrap_, client_tls, rng_, kNow));
    client->channel.set_key_message("V4,tls-client", "IV_PROTO=2");
    auto first = client->channel.poll_packet(kNow);
    REQUIRE(first.has_value());
    const auto header = ControlHeader::parse(*first);
    REQUIRE(header.has_value());
    const auto body =
        ControlBody::parse(header->opcode, base::Bytes(*first).subspan(ControlHeader::kSize));
    REQUIRE(body.has_value());
    server.emplace(
        ControlChannel({}, {SessionId(7), header->session, ControlWrapper::plain(), std::nullopt},
                       server_tls, rng_, kNow));
    server->channel.set_key_message("V4,tls-server", "");
    if (!text.empty()) server->channel.send_text(kNow, std::move(text));
    REQUIRE(server->channel.handle_unwrapped(kNow, *header, *body).has_value());
    exchange();
  }

  // Until neither has anything to say.
  void exchange() {
    while (move(*client, *server) || move(*server, *client)) {
    }
  }

 private:
  static bool move(End& from, End& to) {
    from.take_events();
    auto packet = from.channel.poll_packet(kNow);
    if (packet) static_cast<void>(to.channel.handle_packet(kNow, *packet));
    to.take_events();
    return packet.has_value();
  }

  testing::CountingRng rng_;
  ControlWrap wrap_{std::in_place_type<PlainWrap>};
};

TEST_SUITE("openvpn/control_channel") {
  TEST_CASE("a text that comes in one flight with the end of TLS is read, and then the end") {
    Pair pair;
    pair.server_tls.close_behind(2);  // the first is its key message
    pair.connect();
    REQUIRE(pair.client->keys == 1);
    REQUIRE_FALSE(pair.client->failed.has_value());
    pair.server->channel.send_text(kNow, "AUTH_FAILED,why");
    pair.exchange();
    EXPECT((pair.client->texts == Texts{"AUTH_FAILED,why"}));
    REQUIRE(pair.client->failed.has_value());
    EXPECT(pair.client->failed->kind == ControlFailed::Kind::kTlsAlert);
  }

  TEST_CASE("so it is when the server's key message comes in that flight, too") {
    Pair pair;
    pair.server_tls.close_behind(2);
    pair.connect("AUTH_FAILED,why");
    EXPECT((pair.client->texts == Texts{"AUTH_FAILED,why"}));
    EXPECT(pair.client->failed.has_value());
  }

  TEST_CASE("of a rekey that fails with its key message nothing is read: who spoke is not known") {
    Pair pair;
    pair.connect();
    pair.server_tls.close_behind(2);
    pair.server->channel.start_rekey(kNow);
    pair.server->channel.send_text(kNow, "AUTH_FAILED,why");
    pair.exchange();
    EXPECT(pair.client->texts.empty());
    REQUIRE(pair.client->failed.has_value());
    EXPECT(pair.client->failed->in_rekey);
  }

  TEST_CASE("texts that wait for a rekey are given up when the first of them cannot be sent") {
    Pair pair;
    pair.connect();
    pair.client_tls.fail_at(2);  // the first is its key message
    pair.client->channel.start_rekey(kNow);
    pair.client->channel.send_text(kNow, "one");
    pair.client->channel.send_text(kNow, "two");
    pair.exchange();
    REQUIRE(pair.client->failed.has_value());
    EXPECT(pair.client->failed->text == "a write has failed");
    EXPECT(pair.server->texts.empty());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
