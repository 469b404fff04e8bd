#include <algorithm>
#include <set>

#include "openvpn/profile/option_table.h"
#include "openvpn/server/admission.h"
#include "openvpn/server/server_config_reader.h"
#include "openvpn/server/server_draft.h"
#include "profile_fixture.h"
#include "server_config_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

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
    for (unsigned line = kAddedLine + 4; line < kAddedLine + 9; ++line)
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
                             "management-client-auth",
                             "plugin /x.so",
                             "engine dynamic",
                             "providers fips",
                             "local vpn.example.net",
                             "local 192.0.2.1 1194 udpx",
                             "local 192.0.2.1 1194 tcp6",
                             "bind-dev eth1 eth2",
                             "bind-dev name-of-a-long-device",
                             "mark -1",
                             "mark 4294967296",
                             "setcon x",
                             "setenv GENERIC_CONFIG 1",
                             "auth-gen-token 3600 external-auth",
                             "auth-gen-token 3600 600 external-auth",
                             "auth-gen-token 3600 600 200",
                             "x509-username-field emailAddress",
                             "crl-verify ccd dir",
                             "capath ca",
                             "askpass missing",
                             "askpass",
                             "askpass stdin",
                             "ns-cert-type server",
                             "route 192.168.2.0 255.255.255.0 192.0.2.1",
                             "route 192.168.2.0 255.255.255.0 10.8.1.1",
                             "route vpn.example.net",
                             "route-ipv6 fd01::/48 fd00:9::1",
                             "route-gateway 192.0.2.1",
                             "redirect-gateway def1",
                             "iroute 10.9.0.0",
                             "key-method 1",
                             "pkcs12 missing.p12",
                             "port-share 127.0.0.1 8443",
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
      EXPECT(ruling_at(read.report, kAddedLine).verdict == Verdict::kRefused);
      REQUIRE_FALSE(read.report.problems().empty());
      EXPECT(read.report.problems()[0].starts_with("server.conf:7: "));
    }
  }

  TEST_CASE("what can have no effect on a server is ignored, and says why") {
    for (const char* line :
         {"management 127.0.0.1 7505", "management /run/server.sock unix", "management-hold",
          "providers legacy default", "setenv X_Y value", "setenv UV_X value", "compat-mode 2.4.0",
          "push-peer-info", "status /var/log/openvpn-status.log 30",
          "log-append /var/log/openvpn.log", "writepid /run/openvpn.pid", "remote-random",
          "connect-retry 5", "dhcp-option DNS 192.0.2.53", "dns-updown disable", "key-method 2",
          "tls-exit"}) {
      CAPTURE(line);
      const auto read = read_added(std::string(line) + "\n");
      EXPECT(read.config.has_value());
      EXPECT(ruling_at(read.report, kAddedLine).verdict == Verdict::kIgnored);
    }
  }

  TEST_CASE("what OpenVPN 2.6 takes of the small words is taken") {
    for (const char* line :
         {"setenv FORWARD_COMPATIBLE 1\nno-such-option 7", "ns-cert-type client",
          "x509-username-field CN", "local *", "local * 1195 tcp", "bind-dev eth1", "mark 7",
          "server-ipv6 fd00:8::/124", "route 192.168.2.0 255.255.255.0 10.8.0.2",
          "route 192.168.2.0 255.255.255.0 10.8.0.77 5", "route 192.168.2.7 default vpn_gateway 5",
          "server-ipv6 fd00:8::/64\nroute-ipv6 fd01::/48 fd00:8::2 5", "route-gateway 10.8.0.2",
          "ifconfig-noexec", "route-noexec"}) {
      CAPTURE(line);
      const auto read = read_added(std::string(line) + "\n");
      CAPTURE(read.report.problems().empty() ? "" : read.report.problems().front());
      EXPECT(read.config.has_value());
      EXPECT(ruling_at(read.report, kAddedLine).verdict == Verdict::kHonoured);
    }
  }

  TEST_CASE("'local *' is every address, with what the line and the file say beside it") {
    const auto read = read_added("proto tcp6\nport 500\nlocal *\nlocal * 1195 udp\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->listen ==
           std::vector{ListenAddress{Transport::kTcp, AddressFamily::kIpv6, std::nullopt, 500},
                       ListenAddress{Transport::kUdp, AddressFamily::kAny, std::nullopt, 1195}});
    EXPECT_FALSE(read_added("local *\nlocal * 1194 udp\n").config.has_value());
    // What is for all sockets stands on each of them, whichever line is first.
    const auto bound = read_added("bind-dev eth1\nlocal *\nlocal 192.0.2.1\nmark 7\n");
    REQUIRE(bound.config.has_value());
    for (const ListenAddress& listen : bound.config->listen) {
      EXPECT(listen.device == "eth1");
      EXPECT(listen.mark == 7);
    }
  }

  TEST_CASE(
      "what handlers that profiles share have to warn of is told of a server's file as well") {
    const auto read = read_added("tun-mtu 9000\ntls-cipher DEFAULT:@SECLEVEL=0\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->tunnel.tun_mtu == 1500);
    EXPECT(read.config->tls.profile == crypto::CertificateProfile::kInsecure);
    EXPECT(has_warning(read.report, "tun-mtu"));
    EXPECT(has_warning(read.report, "tls-cipher"));
  }

  TEST_CASE("an encrypted key is opened by the file of 'askpass', and by nothing else") {
    const auto read = [](std::string_view lines) {
      FakeServerFiles files;
      files.files["/etc/vpn/server.key"] = testing::read_test_data("pki/encrypted.key");
      files.files["/etc/vpn/server.crt"] = testing::read_test_data("pki/client.crt");
      files.files["right"] = "secret\n";
      files.files["wrong"] = "another\n";
      return read_server_config(
          "server.conf", base::bytes_of(std::string(kUsualServer) + std::string(lines)), files);
    };
    const auto opened = read("askpass right\n");
    REQUIRE(opened.config.has_value());
    EXPECT(opened.config->tls.key_pem.reveal_text() == testing::read_test_data("pki/client.key"));
    // Each time one line is to blame, and nothing follows from it.
    constexpr unsigned kKeyLine = 3;
    const auto blamed = [&](std::string_view lines, unsigned line) {
      const auto closed = read(lines);
      return closed.report.problems().size() == 1 &&
             ruling_at(closed.report, line).verdict == Verdict::kRefused;
    };
    EXPECT(blamed("", kKeyLine));
    EXPECT(blamed("askpass wrong\n", kAddedLine));
    EXPECT(blamed("askpass missing\n", kAddedLine));
    EXPECT(blamed("askpass\n", kAddedLine));
    EXPECT(ruling_at(read_added("askpass ta.key\n").report, kAddedLine).verdict ==
           Verdict::kIgnored);
  }

  TEST_CASE("routes that the kernel has already, or that stand there twice, are not set again") {
    const auto read = read_added(
        "route 10.8.0.0 255.255.255.0\nroute 10.9.0.0 255.255.0.0\nroute 10.9.0.0 255.255.0.0 "
        "10.8.0.2\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->routes == std::vector{*base::IpPrefix::parse("10.9.0.0/16")});
  }

  TEST_CASE("what 'noexec' keeps from the device is kept from it, whichever line is first") {
    const auto setup = [](std::string_view lines) {
      const auto read = read_added(lines);
      REQUIRE(read.config.has_value());
      return read.config->sets_up;
    };
    EXPECT(setup("") == DeviceSetup::kAll);
    EXPECT(setup("route-noexec\n") == DeviceSetup::kAddresses);
    EXPECT(setup("ifconfig-noexec\nroute-noexec\n") == DeviceSetup::kNothing);
    EXPECT(setup("route-noexec\nifconfig-noexec\n") == DeviceSetup::kNothing);
  }

  TEST_CASE("without a digest no cipher is used that needs one") {
    const auto read = read_added(
        "auth none\ndata-ciphers AES-256-GCM:AES-256-CBC\n"
        "data-ciphers-fallback AES-128-CBC\n");
    REQUIRE(read.config.has_value());
    EXPECT(read.config->ciphers == std::vector{DataCipher::kAes256Gcm});
    EXPECT_FALSE(read.config->cipher_fallback.has_value());
    EXPECT_FALSE(read_added("auth none\ndata-ciphers AES-256-CBC\n").config.has_value());
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

  TEST_CASE("compress migrate takes the place of compression, and the last line counts") {
    const auto migrates = [](const std::string& lines) {
      const auto read = read_added(lines);
      REQUIRE(read.config.has_value());
      EXPECT(read.config->migrate_compression ==
             (read.config->tunnel.compression == CompressionFraming::kNone));
      return read.config->migrate_compression;
    };
    EXPECT(migrates("compress migrate\n"));
    EXPECT(migrates("comp-lzo\ncompress migrate\n"));
    EXPECT(migrates("compress lz4\ncompress migrate\n"));
    EXPECT_FALSE(migrates("compress migrate\ncompress lz4\n"));
    const auto read = read_added("compress zstd\n");
    EXPECT(ruling_at(read.report, kAddedLine).verdict == Verdict::kRefused);
  }

  TEST_CASE("askpass opens the server's key, and without it nobody is asked") {
    FakeServerFiles files;
    files.files["/etc/vpn/locked.key"] = testing::read_test_data("pki/encrypted.key");
    files.files["/etc/vpn/client.crt"] = testing::read_test_data("pki/client.crt");
    files.files["/etc/vpn/pass"] = "secret\n";
    const auto read = [&](std::string_view lines) {
      const std::string text =
          "ca /etc/vpn/ca.crt\ncert /etc/vpn/client.crt\nkey /etc/vpn/locked.key\ndev tun\n"
          "server 10.8.0.0 255.255.255.0\n" +
          std::string(lines);
      return read_server_config("server.conf", base::bytes_of(text), files);
    };
    const auto opened = read("askpass /etc/vpn/pass\n");
    for (const std::string& problem : opened.report.problems()) FAIL(problem);
    REQUIRE(opened.config.has_value());
    EXPECT(opened.config->tls.key_pem.reveal_text() == testing::read_test_data("pki/client.key"));
    EXPECT(read("").report.problems().at(0).contains("server.conf:3: key: it is encrypted"));
    for (const std::string_view lines : {"askpass\n", "askpass /etc/vpn/missing\n"})
      EXPECT_FALSE(read(lines).config.has_value());
  }

  TEST_CASE("a file that lacks what a server needs is refused") {
    EXPECT_FALSE(read_server("").config.has_value());
    EXPECT_FALSE(read_server("dev tun\nserver 10.8.0.0 255.255.255.0\n").config.has_value());
    EXPECT_FALSE(read_server("mode server\ntls-server\n" + std::string(kUsualServer).substr(0, 70))
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
        EXPECT(ruling_at(read.report, kAddedLine).reason != "(no such line)");
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
        const Ruling ruling = ruling_at(read.report, kAddedLine);
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

  TEST_CASE(
      "a client's file that cannot be used stops that client, is told of, and stops nobody else") {
    FakeServerFiles files;
    files.files["ccd/alice"] = "no-such-option\n";
    const std::string text = std::string(kUsualServer) + "topology subnet\nclient-config-dir ccd\n";
    const auto read = read_server_config("server.conf", base::bytes_of(text), files);
    REQUIRE(read.config.has_value());
    EXPECT_FALSE(client_config_of(*read.config, "alice").has_value());
    EXPECT(client_config_of(*read.config, "bob").has_value());
    REQUIRE(read.report.warnings.size() == 1);
    EXPECT(read.report.warnings[0].option == "client-config-dir");
    EXPECT(read.report.warnings[0].text.starts_with("alice: line 1: no-such-option"));
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
    EXPECT(ruling_at(read.report, kAddedLine).verdict == Verdict::kHonoured);
    EXPECT(ruling_at(read.report, kAddedLine + 1).verdict == Verdict::kIgnored);
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
