#include "openvpn/profile/profile_reader.h"
#include "openvpn/profile/remote_host.h"
#include "profile_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

// Like usable_profile(), without its remote.
ReadProfile read_remotes(std::string_view lines) {
  return read_text("client\ndev tun\nca ca.crt\nremote-cert-tls server\n" + std::string(lines));
}

// "host:port/udp4 ..." of the profile; "-" when it is not usable.
std::string outline(const ReadProfile& read) {
  if (!read.profile) return "-";
  std::string text;
  for (const Remote& remote : read.profile->remotes) {
    if (!text.empty()) text += ' ';
    text += remote.host + ":" + std::to_string(remote.port) +
            (remote.transport == Transport::kUdp ? "/udp" : "/tcp");
    if (remote.family != AddressFamily::kAny)
      text += remote.family == AddressFamily::kIpv4 ? "4" : "6";
    if (remote.local_port) text += "<" + std::to_string(*remote.local_port);
  }
  return text;
}

std::string remotes_of(std::string_view lines) {
  return outline(read_remotes(lines));
}

TEST_SUITE("openvpn/profile remotes") {
  TEST_CASE("a remote takes what it does not say from the file, wherever that stands") {
    EXPECT(remotes_of("remote a\n") == "a:1194/udp");
    EXPECT(remotes_of("remote a 443 tcp\nremote b\nport 53\nproto udp6\n") ==
           "a:443/tcp b:53/udp6");
    EXPECT(remotes_of("rport 2352\nremote a 443\nremote b\n") == "a:443/udp b:2352/udp");
    EXPECT(remotes_of("remote 2001:db8::1 1194 tcp6-client\nremote 192.0.2.1 1194 udp4\n") ==
           "2001:db8::1:1194/tcp6 192.0.2.1:1194/udp4");
  }

  TEST_CASE("protocols, ports and hosts are checked") {
    for (const std::string_view line :
         {"remote a 0", "remote a 65536", "remote a -1", "remote a 1e3", "remote a https",
          "remote a 1 tcp-server", "remote a 1 UDP", "remote a 1 sctp", "remote a;b", "remote $(x)",
          "remote \"a b\"", "remote a..b", "remote -a", "remote \"\"", "remote 10.1",
          "remote 1.2.3.256", "remote 0x7f.1", "remote [::1]"}) {
      CAPTURE(line);
      EXPECT(remotes_of(line) == "-");
    }
    EXPECT(remotes_of("proto tcp-server\nremote a") == "-");
    EXPECT(remotes_of("port 0\nremote a") == "-");
  }

  TEST_CASE("placeholders and single labels are host names") {
    for (const char* host : {"YOUR_SERVER_IP", "my-server-1", "a.example.net.", "87-1-fr.x.net",
                             "127.0.0.1", "::1", "xn--bcher-kva.example"}) {
      CAPTURE(host);
      EXPECT_FALSE(objection_to_remote_host(host).has_value());
    }
    EXPECT_FALSE(objection_to_remote_host(std::string(63, 'a') + ".net").has_value());
    EXPECT(objection_to_remote_host(std::string(64, 'a') + ".net").has_value());
    std::string longest = std::string(63, 'a') + ".";
    longest += longest + longest + std::string(61, 'b');
    EXPECT(longest.size() == 253);
    EXPECT_FALSE(objection_to_remote_host(longest).has_value());
    EXPECT(objection_to_remote_host(longest + "b").has_value());
  }

  TEST_CASE("without a remote there is nothing to connect to") {
    const ReadProfile read = read_remotes("nobind\n");
    EXPECT(has_error(read.report, "remote"));
    EXPECT_FALSE(read.profile.has_value());
  }

  TEST_CASE("a <connection> takes what the file said before it, and nothing later") {
    EXPECT(remotes_of("port 700\n<connection>\nremote a\n</connection>\nport 800\nproto tcp\n"
                      "<connection>\nremote b\nproto udp4\n</connection>\n") ==
           "a:700/udp b:800/udp4");
  }

  TEST_CASE("where there is a <connection>, plain remotes are ignored") {
    const ReadProfile read = read_remotes("remote x 1\n<connection>\nremote a 2\n</connection>\n");
    EXPECT(outline(read) == "a:2/udp");
    EXPECT(ruling_at(read.report, 5).verdict == Verdict::kIgnored);
    EXPECT(ruling_at(read.report, 7).verdict == Verdict::kHonoured);
  }

  TEST_CASE("a <connection> holds one remote and what belongs to it") {
    EXPECT(remotes_of("<connection>\nport 5\n</connection>\n") == "-");
    EXPECT(remotes_of("<connection>\nremote a\nremote b\n</connection>\n") == "-");
    EXPECT(remotes_of("<connection>\nremote a\nca ca.crt\n</connection>\n") == "-");
    EXPECT(remotes_of("<connection>\nremote a\nup x\n</connection>\n") == "-");
    const ReadProfile read = read_remotes(
        "<connection>\nremote a\nmssfix 1300\ntun-mtu 1400\nconnect-retry 5\nfloat\n"
        "connect-timeout 7\nexplicit-exit-notify 2\nmax-packet-size 900\n</connection>\n"
        "<connection>\nremote b\n</connection>\n");
    REQUIRE(read.profile.has_value());
    EXPECT(ruling_at(read.report, 7).verdict == Verdict::kHonoured);
    for (const unsigned line : {8u, 9u, 10u})
      EXPECT(ruling_at(read.report, line).verdict == Verdict::kIgnored);
    EXPECT(read.profile->tunnel.tun_mtu == 1500);
    EXPECT(read.profile->remotes[0].connect_timeout == std::chrono::seconds(7));
    EXPECT(read.profile->remotes[0].explicit_exit_notify == 2);
    EXPECT(read.profile->remotes[0].max_packet_size == 900);
    EXPECT(read.profile->remotes[1].connect_timeout == std::chrono::seconds(120));
    EXPECT(read.profile->remotes[1].explicit_exit_notify == 0);
  }

  // What OpenVPN 2.6.14 does was printed at verb 4.
  TEST_CASE("a client's own port is any, unless the file asks for one") {
    EXPECT(remotes_of("remote a\nport 700\n") == "a:700/udp");
    EXPECT(remotes_of("remote a\nport 700\nbind\n") == "a:700/udp<700");
    EXPECT(remotes_of("remote a\nrport 700\nbind\n") == "a:700/udp<1194");
    EXPECT(remotes_of("remote a\nlport 5\n") == "a:1194/udp<5");
    EXPECT(remotes_of("remote a\nlport 0\n") == "a:1194/udp");
    EXPECT(remotes_of("remote a\nlport 0\nnobind\n") == "a:1194/udp");
    EXPECT(remotes_of("remote a\nlport 5\nnobind\n") == "-");
  }

  TEST_CASE("proto-force leaves the others out, but not all of them") {
    const ReadProfile read = read_remotes("remote a 1 udp\nremote b 2 tcp\nproto-force tcp\n");
    EXPECT(outline(read) == "b:2/tcp");
    EXPECT(ruling_at(read.report, 5).verdict == Verdict::kIgnored);
    EXPECT(has_error(read_remotes("remote a 1 udp\nproto-force tcp\n").report, "remote"));
  }

  TEST_CASE("exit notifications are for UDP, at most three") {
    const ReadProfile read =
        read_remotes("remote a 1 udp\nremote b 2 tcp\nexplicit-exit-notify 9\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->remotes[0].explicit_exit_notify == 3);
    EXPECT(read.profile->remotes[1].explicit_exit_notify == 0);
    EXPECT(
        read_remotes("remote a\nexplicit-exit-notify\n").profile->remotes[0].explicit_exit_notify ==
        1);
  }

  TEST_CASE("how often and how long to try") {
    const ReadProfile read = read_remotes(
        "remote a\nconnect-retry 5 60\nconnect-retry-max 3\nremote-random\nconnect-timeout 8\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->reconnect.initial == std::chrono::seconds(5));
    EXPECT(read.profile->reconnect.maximum == std::chrono::seconds(60));
    EXPECT(read.profile->reconnect.rounds == 3);
    EXPECT(read.profile->remote_random);
    EXPECT_FALSE(read_remotes("remote a\nconnect-retry-max unlimited\n").profile->reconnect.rounds);
    EXPECT(read_remotes("remote a\nconnect-retry 500\n").profile->reconnect.maximum ==
           std::chrono::seconds(500));
    for (const std::string_view line : {"connect-retry x", "connect-retry 1 x", "connect-timeout 0",
                                        "connect-retry-max -1", "max-packet-size 100"}) {
      CAPTURE(line);
      EXPECT_FALSE(read_with(line).report.usable());
    }
  }

  TEST_CASE("at most 64 remotes are kept") {
    std::string lines;
    for (int i = 0; i < 70; ++i) lines += "remote host" + std::to_string(i) + "\n";
    const ReadProfile read = read_remotes(lines);
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->remotes.size() == 64);
    EXPECT(read.report.directives.back().ruling.verdict == Verdict::kIgnored);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
