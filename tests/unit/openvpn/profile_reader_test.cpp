#include "openvpn/profile/profile_reader.h"

#include <algorithm>

#include "openvpn/profile/option_table.h"
#include "profile_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using namespace std::string_view_literals;

TEST_SUITE("openvpn/profile_reader") {
  TEST_CASE("a plain profile is usable, and every line has its verdict") {
    const ReadProfile read = read_text(usable_profile());
    REQUIRE(read.profile.has_value());
    EXPECT(read.report.usable());
    EXPECT(read.report.problems().empty());
    EXPECT(read.report.warnings.empty());
    REQUIRE(read.report.directives.size() == 6);
    for (unsigned i = 0; i < 6; ++i) {
      EXPECT(read.report.directives[i].line == i + 1);
      EXPECT(read.report.directives[i].ruling.verdict == Verdict::kHonoured);
    }
    EXPECT(read.profile->name == "test.ovpn");
    EXPECT(read.profile->remotes.size() == 1);
    EXPECT(read.profile->pull.pull);
  }

  TEST_CASE("an unknown option is refused by name, and the file is not used") {
    const ReadProfile read = read_with("data-ciphers-fallbacks AES-256-GCM\n");
    EXPECT_FALSE(read.profile.has_value());
    REQUIRE(read.report.problems().size() == 1);
    EXPECT(read.report.problems()[0] ==
           "test.ovpn:7: data-ciphers-fallbacks: no version of OpenVPN knows such an option");
  }

  TEST_CASE("no file ends in anything but a report") {
    for (const std::string_view text : {""sv,
                                        "\n"sv,
                                        "#"sv,
                                        "\0"sv,
                                        "\xff\xfe"sv,
                                        "\xef\xbb\xbf"sv,
                                        "<"sv,
                                        "<>"sv,
                                        "<ca>"sv,
                                        "</ca>"sv,
                                        "\"\""sv,
                                        "''"sv,
                                        "setenv"sv,
                                        "setenv opt"sv,
                                        "--"sv,
                                        "\\"sv,
                                        "ca [inline]"sv,
                                        "<connection>\n</connection>"sv,
                                        "dns server 0"sv,
                                        "route"sv}) {
      CAPTURE(text);
      const ReadProfile read = read_text(text);
      EXPECT_FALSE(read.profile.has_value());
      EXPECT_FALSE(read.report.problems().empty());
    }
  }

  TEST_CASE("what runs a program, or weakens the tunnel, is refused by name") {
    for (const OptionRow& row : refused_options()) {
      CAPTURE(row.name);
      for (const std::string& line :
           {std::string(row.name), std::string(row.name) + " x", std::string(row.name) + " x y z",
            "--" + std::string(row.name) + " x", "setenv opt " + std::string(row.name) + " x",
            "ignore-unknown-option " + std::string(row.name) + "\n" + std::string(row.name),
            "setenv FORWARD_COMPATIBLE 1\n" + std::string(row.name)}) {
        CAPTURE(line);
        const ReadProfile read = read_with(line);
        EXPECT_FALSE(read.profile.has_value());
        const DirectiveReport& last = read.report.directives.back();
        EXPECT(last.option.ends_with(row.name));
        EXPECT(last.ruling.verdict == Verdict::kRefused);
        EXPECT_FALSE(last.ruling.reason.empty());
      }
    }
  }

  TEST_CASE("what only concerns how a program runs is ignored with a reason") {
    for (const std::string_view line : {"user nobody",
                                        "group nogroup",
                                        "log /var/log/x",
                                        "log-append x",
                                        "syslog",
                                        "status x 10",
                                        "status-version 2",
                                        "daemon",
                                        "cd /etc",
                                        "writepid x",
                                        "nice 5",
                                        "verb 3",
                                        "mute 20",
                                        "script-security 3",
                                        "dns-updown disable",
                                        "key-method 2",
                                        "resolv-retry infinite",
                                        "resolv-retry 60",
                                        "float",
                                        "auth-nocache",
                                        "persist-tun",
                                        "tun-ipv6",
                                        "link-mtu 1400",
                                        "sndbuf 0",
                                        "passtos",
                                        "mark 1",
                                        "bind-dev eth0",
                                        "route-noexec",
                                        "echo a b c"}) {
      CAPTURE(line);
      const ReadProfile read = read_with(line);
      EXPECT(read.report.usable());
      EXPECT(ruling_at(read.report, kFirstAdded).verdict == Verdict::kIgnored);
      EXPECT_FALSE(ruling_at(read.report, kFirstAdded).reason.empty());
    }
  }

  TEST_CASE("a wrong number of values is refused, also where the option is ignored") {
    for (const std::string_view line :
         {"client now", "remote", "remote a 1 udp x", "persist-tun remote", "verb", "nobind 1",
          "verify-x509-name", "keepalive 10", "tls-auth", "data-ciphers", "cipher", "proto"}) {
      CAPTURE(line);
      const Ruling ruling = ruling_at(read_with(line).report, kFirstAdded);
      EXPECT(ruling.verdict == Verdict::kRefused);
      EXPECT(ruling.reason.starts_with("it takes "));
    }
  }

  TEST_CASE("three ways make an unknown option optional") {
    for (const std::string_view lines :
         {"setenv opt frobnicate 1 2", "frobnicate\nignore-unknown-option other frobnicate",
          "frobnicate x\nsetenv FORWARD_COMPATIBLE 1"}) {
      CAPTURE(lines);
      const ReadProfile read = read_with(lines);
      EXPECT(read.report.usable());
      EXPECT(ruling_at(read.report, kFirstAdded).verdict == Verdict::kIgnored);
    }
    EXPECT_FALSE(read_with("frobnicate\nsetenv FORWARD_COMPATIBLE 0").report.usable());
    EXPECT_FALSE(read_with("frobnicate\nignore-unknown-option frobnicat").report.usable());
  }

  TEST_CASE("setenv opt before a known option is that option") {
    const ReadProfile read = read_with("setenv opt reneg-sec 5\nsetenv opt block-outside-dns\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->rekey.every == std::chrono::seconds(5));
    EXPECT(read.report.directives.back().option == "setenv opt block-outside-dns");
    EXPECT_FALSE(read_with("setenv opt reneg-sec soon").report.usable());
  }

  TEST_CASE("of several lines for one setting the last one counts, and the others say so") {
    const ReadProfile read =
        read_with("reneg-sec 0\nreneg-sec soon\nca missing.crt\nreneg-sec 432000\nca ca.crt\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->rekey.every == std::chrono::seconds(432000));
    EXPECT(ruling_at(read.report, 7).verdict == Verdict::kIgnored);
    EXPECT(ruling_at(read.report, 7).reason == "line 8 sets it again, and the last one counts");
    EXPECT(ruling_at(read.report, 8).reason.starts_with("line 10"));
    EXPECT(ruling_at(read.report, 9).reason.starts_with("line 11"));
  }

  TEST_CASE("two names of one setting compete like two lines") {
    const ReadProfile read = read_with(
        "ncp-ciphers AES-128-GCM\ndata-ciphers CHACHA20-POLY1305\n"
        "connect-timeout 5\nserver-poll-timeout 9\nping-restart 30\nping-exit 60\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->ciphers.offered == std::vector{DataCipher::kChaCha20Poly1305});
    EXPECT(read.profile->remotes[0].connect_timeout == std::chrono::seconds(9));
    EXPECT(read.profile->tunnel.ping_restart == std::chrono::seconds(60));
    EXPECT(ruling_at(read.report, 7).verdict == Verdict::kIgnored);
    EXPECT(ruling_at(read.report, 9).verdict == Verdict::kIgnored);
    EXPECT(ruling_at(read.report, 11).verdict == Verdict::kIgnored);
  }

  TEST_CASE("glued lines and merge markers are refused, with the reason that helps") {
    const ReadProfile read = read_with(
        "route-ipv6 ::/128 ::1ping-restart 30\n<<<<<<< HEAD\n=======\n>>>>>>> 1234abcd\n</ca>\n");
    EXPECT_FALSE(read.report.usable());
    EXPECT(ruling_at(read.report, 7).reason == "'::1ping-restart' is no gateway");
    for (const unsigned line : {8u, 9u, 10u})
      EXPECT(ruling_at(read.report, line).reason.contains("merge"));
    EXPECT(read.report.directives[7].option == "<<<<<<<");
    EXPECT(ruling_at(read.report, 11).reason.contains("never opened"));
  }

  TEST_CASE("Access Server's comments are comments") {
    EXPECT(read_with("# OVPN_ACCESS_SERVER_PROFILE=user@vpn\n# OVPN_ACCESS_SERVER_CA_START\n"
                     "# -----BEGIN CERTIFICATE-----\n# OVPN_ACCESS_SERVER_CA_STOP\n"
                     "## -----BEGIN RSA SIGNATURE-----\nsetenv FORWARD_COMPATIBLE 1\n"
                     "server-poll-timeout 4\nns-cert-type server\nsetenv PUSH_PEER_INFO\n"
                     "sndbuf 0\nrcvbuf 0\nsetenv CLIENT_CERT 0\n")
               .report.usable());
  }

  TEST_CASE("key material outside its block is never shown") {
    const ReadProfile read = read_with(
        "6acef03f62675b4b1bbd03e53b187727\nMIIEvgIBADANBgkqhkiG9w0BAQEFAASC\n"
        "abcdefghijklmnopqrstuvwxyzabcdef\n-----BEGIN RSA PRIVATE KEY-----\nqL4=\nmQ2xRt7Z\n");
    REQUIRE(read.report.directives.size() == 12);
    for (std::size_t i = 6; i < 12; ++i) {
      EXPECT(read.report.directives[i].option == "(no option)");
      EXPECT(read.report.directives[i].ruling.verdict == Verdict::kRefused);
    }
    EXPECT(ruling_at(read.report, 10).reason.contains("outside a block"));
  }

  TEST_CASE("what cannot be read on a line is said without the line") {
    const ReadProfile read = read_with("auth-user-pass \"hunter2\nroute 10.0.0.0\0x"sv);
    for (const std::string& problem : read.report.problems())
      EXPECT_FALSE(problem.contains("hunter2"));
    EXPECT(ruling_at(read.report, 7).verdict == Verdict::kRefused);
    EXPECT(ruling_at(read.report, 8).reason == "there is a NUL byte in it");
  }

  TEST_CASE("every text of a report is printable") {
    const ReadProfile read = read_with(
        "remote a\xc3\xa9 1\ncipher \x1b[31m\nverify-x509-name x \xff\n"
        "\x80\x81 x\nsetenv UV_X \xc3\xa9\n");
    for (const DirectiveReport& directive : read.report.directives) {
      for (const std::string& text : {directive.option, directive.ruling.reason})
        EXPECT(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; }));
    }
    EXPECT(read.report.problems().size() == 5);
  }

  TEST_CASE("CRLF, a byte order mark and blanks change nothing") {
    std::string text = "\xef\xbb\xbf";
    for (const char c : usable_profile()) {
      if (c == '\n') text += " \r";
      text += c;
    }
    const ReadProfile read = read_text(text);
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->remotes[0].host == "vpn.example.net");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
