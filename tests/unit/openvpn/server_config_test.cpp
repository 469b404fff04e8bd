#include <algorithm>
#include <set>

#include "counting_rng.h"
#include "openvpn/profile/option_table.h"
#include "openvpn/server/address_pool.h"
#include "openvpn/server/admission.h"
#include "openvpn/server/server_config_reader.h"
#include "openvpn/server/server_draft.h"
#include "profile_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

class FakeServerFiles final : public ServerFiles {
 public:
  FakeServerFiles() {
    for (const char* name : {"ca.crt", "ca.crl", "server.crt", "server.key"})
      files["/etc/vpn/" + std::string(name)] = testing::read_test_data("pki/" + std::string(name));
    testing::CountingRng rng;
    files["v2.key"] = TlsCryptV2ServerKey::random(rng).to_file().reveal_text();
    files["ta.key"] = static_key_text();
    // Once for all tests: it takes its time on purpose.
    static const std::string hash = PasswordHash::make("x", rng).to_string();
    files["users"] = "alice:" + hash + "\n";
    files["deny"] = "# comment\nbob\n";
    files["revoked"] = std::string(64, 'a') + "\n";
    files["ccd/alice"] =
        "ifconfig-push 10.8.0.9 255.255.255.0\npush \"route 1.2.3.0 255.255.255.0\"\n";
  }
  std::expected<base::SecretBytes, std::string> read(std::string_view path) override {
    const auto file = files.find(path);
    if (file == files.end()) return std::unexpected("no such file");
    return base::SecretBytes(std::string_view(file->second));
  }
  std::expected<std::vector<std::string>, std::string> list(std::string_view folder) override {
    if (folder != "ccd") return std::unexpected("no such folder");
    return std::vector<std::string>{"alice"};
  }
  std::map<std::string, std::string, std::less<>> files;
};

// On lines 1 to 6.
constexpr std::string_view kUsual =
    "ca /etc/vpn/ca.crt\ncert /etc/vpn/server.crt\nkey /etc/vpn/server.key\ndev tun\n"
    "server 10.8.0.0 255.255.255.0\ntls-crypt-v2 v2.key\n";
constexpr unsigned kAdded = 7;

ReadServerConfig read_server(std::string_view text) {
  FakeServerFiles files;
  return read_server_config("server.conf", base::bytes_of(text), files);
}
ReadServerConfig read_added(std::string_view lines) {
  return read_server(std::string(kUsual) + std::string(lines));
}

// What the pool is of a file with these lines.
std::optional<PoolOptions> pool_of(Topology topology, std::string_view lines) {
  std::string text =
      "ca /etc/vpn/ca.crt\ncert /etc/vpn/server.crt\nkey /etc/vpn/server.key\ndev tun\n"
      "tls-crypt-v2 v2.key\ntopology ";
  text += topology == Topology::kNet30 ? "net30" : topology == Topology::kP2p ? "p2p" : "subnet";
  auto read = read_server(text + "\n" + std::string(lines));
  return read.config ? read.config->pool : std::nullopt;
}

base::IpAddress address(std::string_view text) {
  return *base::IpAddress::parse(text);
}

TEST_SUITE("openvpn/server_config") {
  TEST_CASE("a usual configuration is read, and 'server' stands for what OpenVPN makes of it") {
    const auto read = read_added(
        "topology subnet\nserver-ipv6 fd00:8::/64\nkeepalive 10 60\npush \"redirect-gateway "
        "def1\"\n"
        "persist-tun\nifconfig-pool-persist ipp.txt\nverb 3\nbind\ndh dh.pem\n");
    CAPTURE(read.report.problems().empty() ? "" : read.report.problems().front());
    REQUIRE(read.config.has_value());
    const ServerConfig& config = *read.config;
    EXPECT(config.pool->own == address("10.8.0.1"));
    EXPECT(base::IpAddress::v4(config.pool->first) == address("10.8.0.2"));
    EXPECT(base::IpAddress::v4(config.pool->last) == address("10.8.0.254"));
    EXPECT(config.pool->own6 == address("fd00:8::1"));
    EXPECT(config.push == std::vector<std::string>{"topology subnet", "route-gateway 10.8.0.1",
                                                   "redirect-gateway def1", "ping 10",
                                                   "ping-restart 60"});
    EXPECT(config.tunnel.ping == seconds(10));
    EXPECT(config.tunnel.ping_restart == seconds(120));
    EXPECT(config.listen.size() == 1);
    EXPECT(config.listen[0].port == 1194);
    EXPECT(config.tls.role == crypto::TlsRole::kServer);
    for (unsigned line = kAdded + 4; line < kAdded + 9; ++line)
      EXPECT(ruling_at(read.report, line).verdict == Verdict::kIgnored);
  }

  TEST_CASE("without a topology it is net30, with the addresses and routes of that") {
    const auto read = read_added("client-to-client\n");
    REQUIRE(read.config.has_value());
    EXPECT(base::IpAddress::v4(read.config->pool->first) == address("10.8.0.4"));
    EXPECT(base::IpAddress::v4(read.config->pool->last) == address("10.8.0.251"));
    EXPECT(read.config->push ==
           std::vector<std::string>{"topology net30", "route 10.8.0.0 255.255.255.0"});
  }

  TEST_CASE("several sockets, each with its own transport, port and family") {
    const auto read = read_added(
        "proto udp6\nport 500\nlocal 192.0.2.1\nlocal 192.0.2.1 443 tcp\nlocal 2001:db8::1 1195\n");
    REQUIRE(read.config.has_value());
    REQUIRE(read.config->listen.size() == 3);
    EXPECT(read.config->listen[0].port == 500);
    EXPECT(read.config->listen[0].transport == Transport::kUdp);
    EXPECT(read.config->listen[1].port == 443);
    EXPECT(read.config->listen[1].transport == Transport::kTcp);
    EXPECT(read.config->listen[2].family == AddressFamily::kIpv6);
  }

  TEST_CASE("lists, users and clients are read from their files") {
    const auto read = read_added(
        "topology subnet\ntls-crypt-v2-max-age 30\ntls-crypt-v2-deny deny\ntls-crypt-v2-revoked "
        "revoked\n"
        "auth-user-file users\nauth-gen-token 3600\nclient-config-dir ccd\n"
        "crl-verify /etc/vpn/ca.crl\nverify-client-cert optional\n");
    CAPTURE(read.report.problems().empty() ? "" : read.report.problems().front());
    REQUIRE(read.config.has_value());
    EXPECT(read.config->key_policy.max_age == std::chrono::days(30));
    EXPECT(read.config->key_policy.denied.contains("bob"));
    EXPECT(read.config->has_client_folder);
    EXPECT(read.config->key_policy.revoked.size() == 1);
    EXPECT(read.config->login.users->size() == 1);
    EXPECT(read.config->login.token->renewal == seconds(3600));
    EXPECT(read.config->clients.at("alice").address == address("10.8.0.9"));
    EXPECT_FALSE(read.config->tls.crl_pem.empty());
  }

  TEST_CASE("what cannot be honoured is refused by its line") {
    for (const char* line : {"up /bin/sh",
                             "plugin x.so",
                             "client-connect /bin/x",
                             "auth-user-pass-verify /bin/x via-file",
                             "tls-crypt-v2-verify /bin/x",
                             "fragment 1300",
                             "dev tap",
                             "server-bridge",
                             "secret ta.key",
                             "client",
                             "remote vpn.example.net",
                             "no-such-option",
                             "server 10.8.0.0 255.0.255.0",
                             "server 10.8.0.1 255.255.255.0",
                             "server 0.0.0.0 0.0.0.0",
                             "server 10.0.0.0 254.0.0.0",
                             "server 10.8.0.0 255.255.255.252",
                             "server-ipv6 10.0.0.0/8",
                             "port 0",
                             "port 99999",
                             "proto sctp",
                             "keepalive 10 15",
                             "push \"a,b\"",
                             "max-clients 0",
                             "route 1.2.3.4 255.255.255.255 net_gateway",
                             "tls-crypt-v2 ta.key",
                             "tls-crypt-v2 v2.key sometimes",
                             "auth-user-file missing",
                             "connect-freq-initial 0 10",
                             "remote-cert-tls server",
                             "data-ciphers BF-CBC",
                             "ifconfig-pool 10.9.0.2 10.9.0.9",
                             "client-config-dir missing",
                             "multihome",
                             "verify-client-cert none",
                             "verify-client-cert optional",
                             "ccd-exclusive",
                             "username-as-common-name",
                             "cipher none-such",
                             "tls-version-max 1.1",
                             "nobind"}) {
      CAPTURE(line);
      const auto read = read_added(std::string(line) + "\n");
      EXPECT_FALSE(read.config.has_value());
      EXPECT(ruling_at(read.report, kAdded).verdict == Verdict::kRefused);
      REQUIRE_FALSE(read.report.problems().empty());
      EXPECT(read.report.problems()[0].starts_with("server.conf:7: "));
    }
  }

  TEST_CASE("R30: absurd numbers in a server's file are refused") {
    for (const std::string option :
         {"port ", "max-clients ", "tls-crypt-v2-max-age ", "connect-freq-initial 10 ",
          "connect-freq-initial ", "keepalive 10 ", "keepalive ", "tun-mtu ", "mssfix ",
          "reneg-sec ", "reneg-pkts ", "hand-window ", "replay-window ", "auth-gen-token ",
          "explicit-exit-notify "}) {
      for (const std::string value : {"-1", "18446744073709551616", "1e9", "\"\"", "0x10", "10s"}) {
        const std::string second =
            option == "connect-freq-initial " || option == "keepalive " ? " 100" : "";
        CAPTURE(option + value);
        EXPECT_FALSE(read_added(option + value + second + "\n").config.has_value());
      }
    }
    for (const char* line : {"tun-mtu 0", "tun-mtu 67", "tun-mtu 2147483648", "max-clients 0",
                             "keepalive 0 60", "keepalive 10 4294967296", "port 65536"}) {
      CAPTURE(line);
      EXPECT_FALSE(read_added(std::string(line) + "\n").config.has_value());
    }
  }

  TEST_CASE(
      "beside data-ciphers a left-over 'cipher' counts for nothing, and alone it is one more") {
    const auto with_list = read_added("cipher AES-256-CBC\ndata-ciphers AES-256-GCM\n");
    REQUIRE(with_list.config.has_value());
    EXPECT(with_list.config->ciphers == std::vector{DataCipher::kAes256Gcm});
    const auto alone = read_added("cipher AES-256-CBC\n");
    REQUIRE(alone.config.has_value());
    EXPECT(alone.config->ciphers.back() == DataCipher::kAes256Cbc);
  }

  TEST_CASE("'auth' is the digest of CBC, too") {
    const auto read = read_added("auth SHA256\ndata-ciphers AES-256-CBC\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->tunnel.digest.name() == "SHA256");
  }

  TEST_CASE("a file that lacks what a server needs is refused") {
    EXPECT_FALSE(read_server("").config.has_value());
    EXPECT_FALSE(read_server("dev tun\nserver 10.8.0.0 255.255.255.0\n").config.has_value());
    EXPECT_FALSE(read_server("mode server\ntls-server\n" + std::string(kUsual).substr(0, 70))
                     .config.has_value());
  }

  TEST_CASE("every option that is read by a profile's handler has one, and a row that says so") {
    // By way of the table: a shared option that lost its handler would crash here.
    for (const auto rows : {honoured_options(), ignored_options(), refused_options()}) {
      for (const OptionRow& row : rows) {
        if (!is_shared_option(row.name)) continue;
        CAPTURE(row.name);
        EXPECT(row.verdict == Verdict::kHonoured);
        const auto read = read_added(std::string(row.name) + " x\n");
        EXPECT(ruling_at(read.report, kAdded).reason != "(no such line)");
      }
    }
  }

  TEST_CASE(
      "every option that OpenVPN knows gets a verdict with a reason, and none does nothing "
      "silently") {
    for (const auto rows : {honoured_options(), ignored_options(), refused_options()}) {
      for (const OptionRow& row : rows) {
        CAPTURE(row.name);
        const auto read = read_added(std::string(row.name) + "\n");
        const Ruling ruling = ruling_at(read.report, kAdded);
        EXPECT((ruling.verdict == Verdict::kHonoured || !ruling.reason.empty()));
      }
    }
  }

  TEST_CASE("a client's own file takes what is for one client, and says where it cannot") {
    const auto read = [](std::string_view text, Topology topology = Topology::kSubnet) {
      ServerConfig config;
      config.topology = topology;
      config.pool = PoolOptions{};
      config.pool->own = address("10.8.0.1");
      return read_client_config(base::bytes_of(text), config);
    };
    const auto all = read(
        "push \"ping 1\"\npush-remove route\npush-reset\nifconfig-push 10.8.0.9 255.255.255.0\n"
        "ifconfig-ipv6-push fd00:8::9/64\niroute 192.168.9.0 255.255.255.0\niroute-ipv6 "
        "fd01::/48\ndisable\n");
    EXPECT(all.problem.empty());
    EXPECT(all.disabled);
    EXPECT(all.push_reset);
    EXPECT(all.routes.size() == 2);
    EXPECT(all.address6 == address("fd00:8::9"));
    for (const char* line : {"server 10.8.0.0 255.255.255.0", "up /bin/sh", "push", "iroute x",
                             "ifconfig-push 10.8.0", "push \"a,b\"", "<ca>\nx\n</ca>"}) {
      CAPTURE(line);
      EXPECT(read(line).problem.starts_with("line 1: "));
    }
    EXPECT_FALSE(read("ifconfig-push 10.8.0.9", Topology::kNet30).problem.empty());
    EXPECT_FALSE(read("ifconfig-push 10.8.0.1 255.255.255.0").problem.empty());
  }

  TEST_CASE("no pool gives away what is not in its networks, is the server's, or was given") {
    for (const Topology topology : {Topology::kSubnet, Topology::kNet30, Topology::kP2p}) {
      for (unsigned length = 18; length <= 29; ++length) {
        for (const unsigned length6 : {64u, 108u, 112u}) {
          CAPTURE(static_cast<int>(topology));
          CAPTURE(length);
          CAPTURE(length6);
          const std::string mask = base::IpAddress::v4(~0u << (32 - length)).to_string();
          const auto options =
              pool_of(topology, "server 10.8.0.0 " + mask + "\nserver-ipv6 fd00:8::/" +
                                    std::to_string(length6) + "\n");
          REQUIRE(options.has_value());
          AddressPool pool(*options, topology);
          std::set<base::IpAddress> given{options->own, options->own6};
          const base::IpPrefix& network = options->network;
          std::size_t count = 0;
          while (const auto next = pool.take("client " + std::to_string(count), nullptr)) {
            ++count;
            const std::uint32_t v4 = next->v4.v4_value() - network.address().v4_value();
            REQUIRE(network.contains(next->v4));
            REQUIRE((v4 != 0 && v4 + 1 != 1u << (32 - length)));
            REQUIRE(options->network6->contains(*next->v6));
            REQUIRE(given.insert(next->v4).second);
            REQUIRE(given.insert(*next->v6).second);
          }
          const std::size_t fours = (std::size_t{1} << (32 - length)) / 4;
          if (topology == Topology::kNet30) EXPECT(count == (length == 29 ? 1 : fours - 2));
        }
      }
    }
  }

  TEST_CASE("a pool's places end where either family's addresses do") {
    // 16,382 addresses of IPv4, and 65,536 - 4,096 of IPv6 behind the first 4,096.
    const auto wide =
        pool_of(Topology::kSubnet, "server 10.8.0.0 255.255.0.0\nserver-ipv6 fd00:8::/112\n");
    REQUIRE(wide.has_value());
    EXPECT(AddressPool(*wide, Topology::kSubnet).capacity() == 61'440);
  }

  TEST_CASE("the server's own address is not given away where it stands in the pool") {
    const auto options = pool_of(
        Topology::kSubnet,
        "mode server\ntls-server\nifconfig 10.8.0.5 255.255.255.248\nifconfig-ipv6 fd00:8::1002/64 "
        "::1\nifconfig-pool 10.8.0.1 10.8.0.7\n");
    REQUIRE(options.has_value());
    AddressPool pool(*options, Topology::kSubnet);
    std::set<base::IpAddress> given;
    while (const auto next = pool.take("client " + std::to_string(given.size()), nullptr)) {
      given.insert(next->v4);
      given.insert(*next->v6);
    }
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.5")));
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.7")));
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("fd00:8::1002")));
    EXPECT(given.contains(*base::IpAddress::parse("10.8.0.6")));
  }

  TEST_CASE(
      "a client's file that cannot be used stops that client, is told of, and stops nobody else") {
    FakeServerFiles files;
    files.files["ccd/alice"] = "no-such-option\n";
    const std::string text = std::string(kUsual) + "topology subnet\nclient-config-dir ccd\n";
    const auto read = read_server_config("server.conf", base::bytes_of(text), files);
    REQUIRE(read.config.has_value());
    EXPECT_FALSE(client_config_of(*read.config, "alice").has_value());
    EXPECT(client_config_of(*read.config, "bob").has_value());
    REQUIRE(read.config->warnings.size() == 1);
    EXPECT(read.config->warnings[0].contains("client-config-dir: alice: line 1: no-such-option"));
  }

  TEST_CASE("a client's file is found under the name that OpenVPN looks for") {
    ServerConfig config;
    config.has_client_folder = true;
    for (const char* name : {"John Doe", "alice+x", "a_b", "Zo__", "DEFAULT"})
      config.clients[name].push = {name};
    const auto found = [&](std::string_view name) {
      const auto own = client_config_of(config, name);
      return own ? (*own)->push.front() : std::string("refused");
    };
    EXPECT(found("John Doe") == "John Doe");
    EXPECT(found("alice+x") == "alice+x");
    EXPECT(found("alice x") == "DEFAULT");
    EXPECT(found("a/b") == "a_b");
    EXPECT(found("Zo\xc3\xab") == "Zo__");
    EXPECT(found("John_Doe") == "DEFAULT");
    // Files that begin with a dot are not read, so nobody is believed to be without one.
    EXPECT(found(".hidden") == "refused");
    EXPECT(found("..") == "refused");
  }

  TEST_CASE("'user' is who the server goes on as, and what else would take rights away says so") {
    const auto read = read_added("user nobody\ngroup nogroup\nchroot /var/empty\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->user == "nobody");
    EXPECT(ruling_at(read.report, kAdded).verdict == Verdict::kHonoured);
    EXPECT(ruling_at(read.report, kAdded + 1).verdict == Verdict::kIgnored);
    // Without a user they would be all that is asked for, and there would be nothing.
    for (const char* alone : {"group nogroup\n", "chroot /var/empty\n"})
      EXPECT_FALSE(read_added(alone).config.has_value());
  }

  TEST_CASE("what takes something away is named, to be read again when it changes") {
    const auto read = read_added(
        "topology subnet\ntls-crypt-v2-deny deny\ntls-crypt-v2-revoked revoked\nauth-user-file "
        "users\nclient-config-dir ccd\ncrl-verify /etc/vpn/ca.crl\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->watched ==
           std::vector<std::string>{"deny", "revoked", "users", "ccd", "/etc/vpn/ca.crl"});
  }
}

}  // namespace
}  // namespace sallyport::openvpn
