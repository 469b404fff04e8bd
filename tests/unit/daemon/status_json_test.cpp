#include "daemon/status_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "test.h"

namespace sallyport::daemon {
namespace {

using nlohmann::json;

gateway::Status connected() {
  gateway::Status status;
  status.state = gateway::State::kConnected;
  status.since = base::WallTime(std::chrono::seconds(1'900'000'000));
  status.profile = "home.ovpn";
  status.remote = "vpn.example.net:1194 udp (192.0.2.1)";
  status.cipher = "AES-256-GCM";
  status.tls = "TLSv1.3";
  status.tunnel_v4 = "10.8.0.2";
  status.mtu = 1448;
  status.resolvers = {"198.51.100.53"};
  status.warnings = {"the server carries only 10.0.0.0/8"};
  status.to_outside.add(10, 1000);
  status.from_outside.add(20, 30'000'000'000);
  status.flows = 3;
  status.refused.add(gateway::Refusal::kTunnelDown, 4);
  status.dropped_outside.add(openvpn::DropReason::kDataReplay);
  gateway::ClientStatus client;
  client.name = "work";
  client.v4 = "10.137.0.10";
  client.to_outside.add(10, 1000);
  client.flows = 3;
  status.clients.push_back(std::move(client));
  return status;
}

TEST_SUITE("daemon/status_json") {
  TEST_CASE("is one line with the keys of the contract") {
    const std::string line = status_json(connected(), {});
    EXPECT(line.find('\n') == std::string::npos);
    const json status = json::parse(line);
    EXPECT(status["state"] == "connected");
    EXPECT(status["reason"] == "");
    EXPECT(status["profile"] == "home.ovpn");
    EXPECT(status["remote"] == "vpn.example.net:1194 udp (192.0.2.1)");
    EXPECT(status["cipher"] == "AES-256-GCM");
    EXPECT(status["tunnel_ip"] == "10.8.0.2");
    EXPECT(status["tunnel_ip6"] == "");
    EXPECT(status["mtu"] == 1448);
    EXPECT(status["since"] == "2030-03-17T17:46:40Z");
    EXPECT(status["warnings"] == json::array({"the server carries only 10.0.0.0/8"}));
    EXPECT(status["resolvers"] == json::array({"198.51.100.53"}));
    EXPECT(status["counters"]["inside_to_outside"]["packets"] == 10);
    EXPECT(status["counters"]["outside_to_inside"]["bytes"] == 30'000'000'000);
    EXPECT(status["counters"]["flows"] == 3);
    REQUIRE(status["clients"].size() == 1);
    EXPECT(status["clients"][0]["ip"] == "10.137.0.10");
    EXPECT_FALSE(status["clients"][0].contains("ip6"));
  }

  TEST_CASE("a client on a vif has its rings' counters, and only such a client") {
    gateway::Status two = connected();
    two.clients.push_back(two.clients[0]);
    two.clients[1].id = net::ClientId(7);
    RingStatus rings;
    rings.tx.packets = 64;
    rings.tx.batches = 2;
    rings.rx.notifications = 3;
    rings.rx.refused.add(netback::RxRefusal::kNoSlots, 5);
    const json status = json::parse(status_json(two, {{net::ClientId(7), rings}}));
    EXPECT_FALSE(status["clients"][0].contains("rings"));
    const json& shown = status["clients"][1]["rings"];
    EXPECT(shown["tx"]["packets"] == 64);
    EXPECT(shown["tx"]["batches"] == 2);
    EXPECT(shown["tx"]["refused"].empty());
    EXPECT(shown["rx"]["notifications"] == 3);
    EXPECT(shown["rx"]["refused"]["guest has no buffers"] == 5);
  }

  TEST_CASE("the connection to QubesDB is off, or has a state and a time") {
    EXPECT(json::parse(status_json(connected(), {}))["qubesdb"] == json{{"state", "off"}});
    EXPECT_FALSE(status_text(status_json(connected(), {})).contains("qubesdb"));
    QubesDbStatus qubesdb;
    qubesdb.state = QubesDbState::kLost;
    qubesdb.since = base::WallTime(std::chrono::seconds(1'900'000'000));
    qubesdb.firewalls = 3;
    qubesdb.changes = 17;
    qubesdb.refused.add(qubes::Fault::kTooMuch, 2);
    qubesdb.ignored.add(qubes::Ignored::kConnectedIp);
    const std::string line = status_json(connected(), {}, qubesdb);
    EXPECT(json::parse(line)["qubesdb"] == json{{"state", "lost"},
                                                {"since", "2030-03-17T17:46:40Z"},
                                                {"firewalls", 3},
                                                {"changes", 17},
                                                {"refused", {{"too many entries", 2}}},
                                                {"ignored", {{"no connected address", 1}}}});
    EXPECT(status_text(line).contains("qubesdb    lost since 2030-03-17T17:46:40Z\n"));
  }

  TEST_CASE("only reasons that occurred are counted") {
    const json status = json::parse(status_json(connected(), {}));
    EXPECT(status["counters"]["refused"] == json{{"tunnel down", 4}});
    EXPECT(status["counters"]["dropped_outside"].size() == 1);
    EXPECT(status["clients"][0]["refused"] == json::object());
  }

  TEST_CASE("a gateway that has never been up has all keys too") {
    const json status = json::parse(status_json({}, {}));
    EXPECT(status["state"] == "blocked");
    EXPECT(status["clients"] == json::array());
    const json parsed = json::parse(status_json(connected(), {}));
    for (const auto& [key, value] : parsed.items()) EXPECT(status.contains(key));
  }

  TEST_CASE("bytes that are no text do not stop it") {
    gateway::Status status = connected();
    status.reason = "the server says \xff\xc3 and \"quotes\"\n";
    const json parsed = json::parse(status_json(status, {}));
    EXPECT(parsed["reason"].get<std::string>().starts_with("the server says "));
  }

  TEST_CASE("the text for people says the same") {
    gateway::Status status = connected();
    status.reason = "all is well";
    const std::string text = status_text(status_json(status, {}));
    for (const char* part :
         {"connected since 2030-03-17T17:46:40Z\n", "all is well", "home.ovpn", "10.8.0.2",
          "198.51.100.53", "work 10.137.0.10: 1000 bytes out, 0 in", "4 × tunnel down"}) {
      CAPTURE(std::string(part));
      EXPECT(text.contains(part));
    }
    // Nothing is said of what is not there.
    EXPECT_FALSE(status_text(status_json({}, {})).contains("cipher"));
  }

  TEST_CASE("a line that is no status is shown as it is") {
    EXPECT(status_text("hello") == "hello");
    EXPECT(status_text("[1]") == "[1]");
    EXPECT(status_text("") == "");
    EXPECT(status_text(R"({"state":"blocked","since":"now"})") == "blocked since now\n");
  }

  TEST_CASE("a status of another shape is no reason to fail") {
    for (const char* line : {R"({"state":1})", R"({"clients":5})", R"({"clients":[{}]})",
                             R"({"clients":[1]})", R"({"resolvers":[1]})", R"({"resolvers":{}})",
                             R"({"counters":[]})", R"({"counters":{"refused":{"a":"b"}}})",
                             R"({"qubesdb":{"state":1}})", R"({"counters":{"refused":1}})"}) {
      CAPTURE(std::string(line));
      EXPECT_FALSE(status_text(line).empty());
    }
  }
}

}  // namespace
}  // namespace sallyport::daemon
