#include "openvpn/push/push_options.h"

#include "openvpn/profile/option_table.h"
#include "openvpn/push/push_rules.h"
#include "openvpn/push/tunnel_draft.h"
#include "push_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

std::vector<std::string> texts_of(const std::vector<base::IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const base::IpAddress& address : addresses) texts.push_back(address.to_string());
  return texts;
}

using Texts = std::vector<std::string>;

TEST_SUITE("openvpn/push_options") {
  // What OpenVPN 2.6.14 sent.
  TEST_CASE("a real reply") {
    const Pushed pushed = push(
        "topology subnet,route-gateway 10.99.0.1,redirect-gateway def1 ipv6,dhcp-option DNS"
        " 10.99.0.1,block-ipv6,ping 10,ping-restart 60,ifconfig 10.99.0.10 255.255.255.0,peer-id 0,"
        "cipher AES-256-GCM,protocol-flags cc-exit tls-ekm dyn-tls-crypt,tun-mtu 1500");
    REQUIRE(pushed.has_value());
    EXPECT(pushed->notes.empty());
    EXPECT(pushed->unknown == 0);
    const TunnelOptions& tunnel = pushed->tunnel;
    EXPECT(tunnel.topology == Topology::kSubnet);
    EXPECT(tunnel.route_gateway->to_string() == "10.99.0.1");
    EXPECT(tunnel.redirect_gateway);
    EXPECT(texts_of(tunnel.dns_servers) == Texts{"10.99.0.1"});
    EXPECT(tunnel.block_ipv6);
    EXPECT(tunnel.ping == seconds(10));
    EXPECT(tunnel.ping_restart == seconds(60));
    EXPECT(tunnel.ifconfig->local.to_string() == "10.99.0.10");
    EXPECT(tunnel.peer_id == PeerId(0));
    EXPECT(tunnel.cipher == DataCipher::kAes256Gcm);
    EXPECT(tunnel.flags.cc_exit);
    EXPECT(tunnel.flags.tls_ekm);
    EXPECT(tunnel.flags.dynamic_tls_crypt);
    EXPECT(tunnel.tun_mtu == 1500);
  }

  TEST_CASE("the accept-list names options that exist, and handlers that do") {
    for (const PushRule& rule : push_rules()) {
      CAPTURE(rule.name);
      const bool known = find_option(rule.name) != nullptr;
      EXPECT((known || (rule.effect == PushEffect::kNone && !rule.reason.empty())));
      EXPECT((find_tunnel_handler(rule.name) != nullptr) == (rule.effect == PushEffect::kTunnel));
      if (rule.effect == PushEffect::kNone && rule.reason.empty())
        EXPECT(find_option(rule.name)->verdict == Verdict::kIgnored);
    }
  }

  TEST_CASE("a reply that gives the tunnel no address is of no use") {
    for (const std::string_view options :
         {"ping 10", "topology subnet,ifconfig 10.8.0.2 255.0.255.0", "ifconfig 10.8.0.2 10.8.0.2",
          "ifconfig 10.8.0.2 255.255.255.0", "topology subnet,ifconfig 10.8.0.2 254.0.0.0"}) {
      CAPTURE(options);
      const Pushed pushed = push(options);
      REQUIRE_FALSE(pushed.has_value());
      EXPECT(pushed.error().kind == PushErrorKind::kNoUsableAddress);
    }
    EXPECT(push("ifconfig 10.8.0.2 255.0.255.0,topology subnet").error().text.contains("netmask"));
  }

  TEST_CASE("what the second address is depends on the topology, in any order") {
    EXPECT(push("ifconfig 10.8.0.6 10.8.0.5").has_value());
    EXPECT(push("topology p2p,ifconfig 10.8.0.6 10.8.0.5").has_value());
    EXPECT(push("ifconfig 10.8.0.6 255.255.255.0,topology subnet").has_value());
    EXPECT(push("topology subnet,ifconfig 10.8.0.6 255.255.255.255").has_value());
    EXPECT_FALSE(push("topology subnet,ifconfig 10.8.0.6 10.8.0.5").has_value());
    EXPECT(push("ifconfig-ipv6 fd00::2/64 fd00::1").has_value());
    EXPECT(push("ifconfig-ipv6 fd00::2/112").has_value());
  }

  TEST_CASE("the cipher must be one of those offered") {
    EXPECT(push_with_address("cipher aes-128-gcm")->tunnel.cipher == DataCipher::kAes128Gcm);
    for (const std::string_view option :
         {"cipher AES-256-CBC", "cipher none", "cipher AES-192-GCM", "cipher \"\""}) {
      CAPTURE(option);
      const Pushed pushed = push_with_address(option);
      REQUIRE_FALSE(pushed.has_value());
      EXPECT(pushed.error().kind == PushErrorKind::kCipherNotOffered);
      EXPECT(pushed.error().text.contains("AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305"));
    }
  }

  TEST_CASE("a protocol flag that was not announced ends the connection") {
    EXPECT(push_with_address("key-derivation tls-ekm")->tunnel.flags.tls_ekm);
    for (const std::string_view option : {"key-derivation aead-epoch", "protocol-flags tls-ekm new",
                                          "key-derivation prf", "key-derivation cc-exit"}) {
      CAPTURE(option);
      const Pushed pushed = push_with_address(option);
      REQUIRE_FALSE(pushed.has_value());
      EXPECT(pushed.error().kind == PushErrorKind::kUnknownProtocolFlag);
    }
  }

  TEST_CASE("an update replaces whole kinds, takes back, and refuses what cannot change") {
    const TunnelOptions start =
        push_with_address(
            "route 192.0.2.0 255.255.255.0,route-ipv6 2001:db8::/32,block-ipv6,"
            "dhcp-option DNS 198.51.100.1,dhcp-option DOMAIN a.example")
            ->tunnel;
    const auto update = [&](std::string_view options, const PullOptions& pull = {}) {
      PushAssembler assembler("PUSH_UPDATE");
      const auto whole = assembler.add("PUSH_UPDATE," + std::string(options));
      return apply_push_update(start, pull, **whole);
    };
    const auto routes =
        update("route 198.51.100.0 255.255.255.0,route 203.0.113.0 255.255.255.0")->tunnel.routes;
    REQUIRE(routes.size() == 3);
    EXPECT_FALSE(routes[0].address().is_v4());
    const TunnelOptions other = update("dhcp-option DNS 198.51.100.2,-block-ipv6")->tunnel;
    REQUIRE(other.dns_servers.size() == 1);
    EXPECT(other.dns_servers[0] == base::IpAddress::parse("198.51.100.2"));
    EXPECT_FALSE(other.block_ipv6);
    EXPECT(other.routes.size() == 2);
    EXPECT(update("dns server 1 address 198.51.100.9")->tunnel.dns_server_number == 1);
    EXPECT(update("-dhcp-option")->tunnel.dns_servers.empty());
    EXPECT(update("-?cipher X")->tunnel.dns_servers.size() == 1);
    EXPECT(update("reneg-sec 5").error().kind == PushErrorKind::kNotUpdatable);
    EXPECT(update("auth-token x").error().kind == PushErrorKind::kNotUpdatable);
    EXPECT(update("-ifconfig").error().kind == PushErrorKind::kNoUsableAddress);
    EXPECT(update("route 192.0.2.0 255.255.255.0 net_gateway")->notes.at(0).ruling.verdict ==
           Verdict::kRefused);
    PullOptions filtered;
    filtered.filters.push_back({PullAction::kIgnore, "dhcp-option"});
    EXPECT(update("dhcp-option DNS 198.51.100.2", filtered)->tunnel.dns_servers ==
           start.dns_servers);
    PushAssembler assembler("PUSH_UPDATE");
    EXPECT_FALSE(assembler.add("PUSH_REPLY,ping 1").has_value());
    EXPECT_FALSE(assembler.add("PUSH_UPDATEX").has_value());
  }

  TEST_CASE("unknown options are skipped and counted") {
    const Pushed pushed = push_with_address("frobnicate 1,x-y,ping 10");
    REQUIRE(pushed.has_value());
    EXPECT(pushed->unknown == 2);
    EXPECT(pushed->notes.size() == 2);
    EXPECT(pushed->tunnel.ping == seconds(10));
  }

  TEST_CASE("what is harmless and means nothing here is ignored") {
    for (const std::string_view option : {"block-outside-dns",
                                          "sndbuf 0",
                                          "rcvbuf 393216",
                                          "socket-flags TCP_NODELAY",
                                          "shaper 1",
                                          "verb 4",
                                          "mute 1",
                                          "persist-key",
                                          "persist-tun",
                                          "route-delay 2",
                                          "route-method exe",
                                          "ip-win32 dynamic",
                                          "register-dns",
                                          "lladdr 02:00:00:00:00:01",
                                          "ifconfig-noexec",
                                          "bind-dev eth0",
                                          "setenv-safe A b",
                                          "echo x",
                                          "parameter y",
                                          "client-ip 1.2.3.4",
                                          "redirect-dns",
                                          "route-metric 1",
                                          "ping-timer-rem",
                                          "tun-ipv6",
                                          "dhcp-option NTP 1.2.3.4",
                                          "dhcp-option DISABLE-NBT",
                                          "dhcp-option PROXY_HTTP x 1",
                                          "route-gateway dhcp"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kIgnored);
    }
  }

  TEST_CASE("a token replaces the password and is never shown") {
    const Pushed pushed = push_with_address(
        "auth-token SESS_ID_AT_secret,auth-token-user bWU=,auth-token,"
        "\"auth-token\" 'a b' c,frob auth-token hush");
    REQUIRE(pushed.has_value());
    EXPECT(pushed->auth_token->reveal_text() == "SESS_ID_AT_secret");
    EXPECT(pushed->auth_token_user->reveal_text() == "me");
    for (const PushNote& note : pushed->notes) {
      EXPECT_FALSE(note.option.contains("secret"));
      EXPECT_FALSE(note.option.contains("a b"));
      EXPECT_FALSE(note.option.contains("hush"));
    }
    EXPECT_FALSE(push_with_address("auth-token-user ***")->auth_token_user.has_value());
  }

  TEST_CASE("a reply that only renews the token leaves the tunnel as it is") {
    const TunnelOptions running = push_with_address("dhcp-option DNS 9.9.9.9,ping 7")->tunnel;
    const Pushed renewed = push("auth-token new", {}, running);
    REQUIRE(renewed.has_value());
    EXPECT(renewed->auth_token->reveal_text() == "new");
    EXPECT(renewed->tunnel.ifconfig == running.ifconfig);
    EXPECT(renewed->tunnel.dns_servers == running.dns_servers);
    EXPECT(renewed->tunnel.ping == running.ping);
  }

  TEST_CASE("filters work on the beginning of the option's text, the first match decides") {
    const PullOptions pull{.pull = true,
                           .nopull_routes = false,
                           .filters = {{PullAction::kAccept, "dhcp-option DNS 10."},
                                       {PullAction::kIgnore, "dhcp-option DNS"},
                                       {PullAction::kIgnore, "ping"},
                                       {PullAction::kReject, "route-ipv6"}}};
    const Pushed pushed = push_with_address(
        "dhcp-option DNS 10.8.0.1,dhcp-option DNS6 fd00::1,dhcp-option DNS 9.9.9.9,ping 10,"
        "ping-restart 60,  ping 20",
        pull);
    REQUIRE(pushed.has_value());
    EXPECT(texts_of(pushed->tunnel.dns_servers) == Texts{"10.8.0.1"});
    EXPECT(pushed->tunnel.ping == seconds(0));
    EXPECT(pushed->tunnel.ping_restart == seconds(0));
    EXPECT(pushed->notes.size() == 5);
    const Pushed rejected = push_with_address("route-ipv6 2000::/3", pull);
    REQUIRE_FALSE(rejected.has_value());
    EXPECT(rejected.error().kind == PushErrorKind::kRejectedByFilter);
    EXPECT(rejected.error().text.contains("route-ipv6 2000::/3"));
  }

  TEST_CASE("route-nopull leaves routes and resolvers out, and keeps the addresses") {
    const PullOptions pull{.pull = true, .nopull_routes = true, .filters = {}};
    const Pushed pushed = push_with_address(
        "route 10.0.0.0 255.0.0.0,route-ipv6 2000::/3,redirect-gateway def1,redirect-private,"
        "block-ipv6,block-ipv4,dhcp-option DNS 9.9.9.9,dns server 0 address 9.9.9.9,"
        "route-gateway 10.8.0.1,ping 10",
        pull);
    REQUIRE(pushed.has_value());
    EXPECT(pushed->notes.size() == 8);
    EXPECT(pushed->tunnel.routes.empty());
    EXPECT(pushed->tunnel.dns_servers.empty());
    EXPECT_FALSE(pushed->tunnel.redirect_gateway);
    EXPECT_FALSE(pushed->tunnel.block_ipv6);
    EXPECT(pushed->tunnel.route_gateway.has_value());
    EXPECT(pushed->tunnel.ping == seconds(10));
  }

  TEST_CASE("what route-nopull leaves out of an update stays as it was, taken back or replaced") {
    const PullOptions pull{.pull = true, .nopull_routes = true, .filters = {}};
    TunnelOptions start = push_with_address("ping 10", pull)->tunnel;
    start.dns_servers = {*base::IpAddress::parse("9.9.9.9")};
    start.search_domains = {"a.example"};
    start.routes = {*base::IpPrefix::parse("192.0.2.0/24")};
    start.redirect_gateway = start.block_ipv4 = start.block_ipv6 = true;
    for (const std::string_view option :
         {"-dhcp-option", "-dns", "dhcp-option DNS 1.1.1.1", "dns server 0 address 1.1.1.1",
          "-route", "route 198.51.100.0 255.255.255.0", "-redirect-gateway", "-redirect-private",
          "redirect-gateway def1", "-block-ipv4", "-block-ipv6"}) {
      CAPTURE(option);
      PushAssembler assembler("PUSH_UPDATE");
      const auto whole = assembler.add("PUSH_UPDATE," + std::string(option));
      const auto changed = apply_push_update(start, pull, **whole);
      REQUIRE(changed.has_value());
      EXPECT(texts_of(changed->tunnel.dns_servers) == Texts{"9.9.9.9"});
      EXPECT(changed->tunnel.search_domains == start.search_domains);
      EXPECT(changed->tunnel.routes == start.routes);
      EXPECT(changed->tunnel.redirect_gateway);
      EXPECT(changed->tunnel.block_ipv4);
      EXPECT(changed->tunnel.block_ipv6);
      REQUIRE(changed->notes.size() == 1);
      EXPECT(changed->notes[0].ruling.verdict == Verdict::kIgnored);
    }
  }

  TEST_CASE("resolvers of the profile come first, none comes twice, eight are kept") {
    TunnelOptions start;
    start.dns_servers = {*base::IpAddress::parse("9.9.9.9")};
    EXPECT(texts_of(push_with_address("dhcp-option DNS 1.1.1.1,dhcp-option DNS 9.9.9.9", {}, start)
                        ->tunnel.dns_servers) == Texts{"9.9.9.9", "1.1.1.1"});
    std::string many;
    for (int i = 1; i < 20; ++i) many += "dhcp-option DNS 10.8.1." + std::to_string(i) + ",";
    EXPECT(push_with_address(many)->tunnel.dns_servers.size() == TunnelOptions::kMaxDnsServers);
  }

  TEST_CASE("`dns server` overrides dhcp-option, and the lowest number wins") {
    EXPECT(texts_of(push_with_address("dhcp-option DNS 9.9.9.9,dns server 5 address 1.1.1.1,dns"
                                      " server 2 address 8.8.8.8 [2001:db8::1]:53 8.8.4.4:53")
                        ->tunnel.dns_servers) == Texts{"8.8.8.8", "2001:db8::1", "8.8.4.4"});
    const Pushed secured = push_with_address(
        "dns server 0 address 1.1.1.1,dns server 0 transport DoT,dns server 1 address 8.8.8.8,dns"
        " server 1 dnssec optional,dns server 1 transport plain");
    EXPECT(texts_of(secured->tunnel.dns_servers) == Texts{"8.8.8.8"});
    for (const std::string_view option :
         {"dns server 0 transport DoH", "dns server 0 dnssec yes", "dns server 0 address 127.0.0.1",
          "dns server 0 address 9.9.9.9:853", "dns server 0 colour blue"}) {
      CAPTURE(option);
      const Pushed pushed = push_with_address(
          "dhcp-option DNS 9.9.9.9,dns server 0 address 1.1.1.1," + std::string(option));
      EXPECT(pushed->tunnel.dns_servers.empty());
      EXPECT(pushed->notes.back().option == "dns");
    }
  }

  TEST_CASE("a pushed `dns server` replaces that of the profile with the same number only") {
    TunnelOptions start;
    start.dns_servers = {*base::IpAddress::parse("9.9.9.9")};
    start.dns_server_number = 3;
    const auto resolvers = [&](std::string_view options) {
      return texts_of(push_with_address(options, {}, start)->tunnel.dns_servers);
    };
    EXPECT(resolvers("dhcp-option DNS 1.1.1.1") == Texts{"9.9.9.9"});
    EXPECT(resolvers("dns server 4 address 1.1.1.1") == Texts{"9.9.9.9"});
    EXPECT(resolvers("dns server 2 address 1.1.1.1") == Texts{"1.1.1.1"});
    EXPECT(resolvers("dns server 3 address 1.1.1.1") == Texts{"1.1.1.1"});
    EXPECT(resolvers("dns server 3 transport DoT").empty());
    EXPECT(resolvers("dns server 2 transport DoT") == Texts{"9.9.9.9"});
  }

  TEST_CASE("domains are collected from both kinds of option") {
    const Pushed pushed = push_with_address(
        "dhcp-option DOMAIN example.net,dhcp-option DOMAIN-SEARCH a.example,dhcp-option"
        " ADAPTER_DOMAIN_SUFFIX b.example,dns search-domains c.example example.net");
    EXPECT(pushed->tunnel.search_domains ==
           Texts{"example.net", "a.example", "b.example", "c.example"});
  }

  TEST_CASE("a server's timers are limited, never shortened to nonsense") {
    EXPECT(push_with_address("ping 7200")->tunnel.ping == seconds(3600));
    EXPECT(push_with_address("ping 10,ping-restart 15")->tunnel.ping_restart == seconds(20));
    EXPECT(push_with_address("keepalive 10 60")->tunnel.ping_restart == seconds(60));
    EXPECT(push_with_address("ping-exit 30")->tunnel.ping_restart == seconds(30));
    EXPECT(push_with_address("ping-restart 0")->tunnel.ping_restart == seconds(0));
    EXPECT(push_with_address("inactive 600 100")->tunnel.inactive_bytes == 100);
    EXPECT(push_with_address("session-timeout 86400")->tunnel.session_timeout == seconds(86400));
    EXPECT(push_with_address("explicit-exit-notify 7")->tunnel.explicit_exit_notify == 3);
    EXPECT(push_with_address("explicit-exit-notify")->tunnel.explicit_exit_notify == 1);
  }

  TEST_CASE("compression that is pushed is a framing, and what may come compressed") {
    struct Row {
      const char* option;
      CompressionFraming framing;
      bool decompress;
    };
    for (const Row& row : {Row{"comp-lzo", CompressionFraming::kLzo, true},
                           Row{"comp-lzo adaptive", CompressionFraming::kLzo, true},
                           Row{"comp-lzo yes", CompressionFraming::kLzo, true},
                           Row{"comp-lzo no", CompressionFraming::kLzo, false},
                           Row{"compress", CompressionFraming::kStub, false},
                           Row{"compress stub", CompressionFraming::kStub, false},
                           Row{"compress lz4", CompressionFraming::kStub, true},
                           Row{"compress lzo", CompressionFraming::kLzo, true},
                           Row{"compress stub-v2", CompressionFraming::kStubV2, false},
                           Row{"compress lz4-v2", CompressionFraming::kStubV2, true}}) {
      CAPTURE(row.option);
      const TunnelOptions tunnel = push_with_address(row.option)->tunnel;
      EXPECT(tunnel.compression == row.framing);
      EXPECT(tunnel.decompress == row.decompress);
      // The last one counts, whole.
      const TunnelOptions after =
          push_with_address(std::string(row.option) + ",comp-lzo no")->tunnel;
      EXPECT(after.compression == CompressionFraming::kLzo);
      EXPECT_FALSE(after.decompress);
    }
    EXPECT(ruling_on("comp-lzo").reason ==
           "what comes compressed is taken; what is sent is not compressed");
    EXPECT(ruling_on("comp-lzo no").reason.empty());
    EXPECT(ruling_on("compress zstd").verdict == Verdict::kRefused);
    EXPECT(ruling_on("compress migrate").verdict == Verdict::kIgnored);
  }

  TEST_CASE("routes are kept for status, a bounded number of them") {
    std::string many;
    for (int i = 0; i < 600; ++i)
      many += "route 172." + std::to_string(16 + i / 256) + "." + std::to_string(i % 256) +
              ".0 255.255.255.0,";
    const Pushed pushed = push_with_address(many);
    EXPECT(pushed->tunnel.routes.size() == TunnelOptions::kMaxRoutes);
    EXPECT(pushed->notes.size() == kMaxPushNotes);
    EXPECT(pushed->notes_left_out == 600 - TunnelOptions::kMaxRoutes - kMaxPushNotes);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
