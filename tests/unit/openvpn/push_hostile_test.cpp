#include <algorithm>

#include "openvpn/profile/option_table.h"
#include "openvpn/push/push_rules.h"
#include "push_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

// What no server may set, each with the reason it is named for.
TEST_SUITE("openvpn/push hostile") {
  TEST_CASE("ways beside the tunnel are refused") {
    for (const std::string_view option :
         {"route 10.1.0.0 255.255.0.0 net_gateway", "route 10.1.0.0 255.255.0.0 remote_host",
          "route remote_host 255.255.255.255 net_gateway", "route-ipv6 2001:db8::/32 net_gateway",
          "route net_gateway", "route-gateway net_gateway", "route-gateway remote_host"}) {
      CAPTURE(option);
      const Ruling ruling = ruling_on(option);
      EXPECT(ruling.verdict == Verdict::kRefused);
      EXPECT(ruling.reason.contains("beside the tunnel"));
    }
  }

  TEST_CASE("addresses that are not a server's to give are refused, wherever they stand") {
    for (const std::string address :
         {"10.137.0.1", "10.138.255.255", "10.139.1.1", "127.0.0.1", "127.255.0.1", "169.254.1.1",
          "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"}) {
      CAPTURE(address);
      EXPECT(ruling_on("dhcp-option DNS " + address).verdict == Verdict::kRefused);
      EXPECT(ruling_on("route " + address).verdict == Verdict::kRefused);
      EXPECT(ruling_on("route-gateway " + address).verdict == Verdict::kRefused);
      EXPECT_FALSE(push("topology subnet,ifconfig " + address + " 255.255.255.0").has_value());
      EXPECT_FALSE(push("ifconfig 10.8.0.2 " + address).has_value());
    }
    for (const std::string address : {"fd09:24ef:4179::a89:1", "::1", "::", "fe80::1", "febf::1",
                                      "ff02::1", "::ffff:10.8.0.1"}) {
      CAPTURE(address);
      EXPECT(ruling_on("route-ipv6 " + address + "/128").verdict == Verdict::kRefused);
      EXPECT_FALSE(push("ifconfig-ipv6 " + address + "/64").has_value());
      if (address != "::ffff:10.8.0.1")
        EXPECT(ruling_on("dhcp-option DNS6 " + address).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("networks inside Qubes' own are refused, those that merely contain them are not") {
    for (const std::string_view option :
         {"route 10.137.0.0 255.255.0.0", "route 10.139.1.0 255.255.255.0",
          "route 127.0.0.0 255.0.0.0", "route-ipv6 fd09:24ef:4179::/48", "route-ipv6 fe80::/10",
          "route 224.0.0.0 240.0.0.0"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kRefused);
    }
    for (const std::string_view option :
         {"route 10.0.0.0 255.0.0.0", "route 0.0.0.0 0.0.0.0", "route 128.0.0.0 128.0.0.0",
          "route-ipv6 2000::/3", "route-ipv6 ::/0", "route-ipv6 fc00::/7"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kHonoured);
    }
  }

  TEST_CASE("R20: shell characters reach nothing (CVE-2025-10680)") {
    for (const std::string text :
         {"$(reboot)", "`id`", "a;reboot", "a|b", "a&b", "../../etc/passwd", "a'b", "a\\\"b", "-rf",
          "a*", "x%0a", "{a}"}) {
      CAPTURE(text);
      for (const std::string option : {"dhcp-option DNS ", "dns server 0 address ", "route ",
                                       "route-ipv6 ", "route-gateway "}) {
        EXPECT(ruling_on(option + text).verdict == Verdict::kRefused);
      }
      if (text == "-rf") continue;  // the character set of a domain allows it, and no more is done
      for (const std::string option :
           {"dhcp-option DOMAIN ", "dns search-domains ", "dhcp-option DOMAIN-SEARCH "}) {
        const Pushed pushed = push_with_address(option + text);
        REQUIRE(pushed.has_value());
        EXPECT(pushed->tunnel.search_domains.empty());
        EXPECT(pushed->notes.size() == 1);
      }
    }
    EXPECT(ruling_on("dhcp-option DOMAIN " + std::string(254, 'a')).verdict == Verdict::kRefused);
    EXPECT(ruling_on("dhcp-option DOMAIN").verdict == Verdict::kRefused);
  }

  TEST_CASE("R30: absurd numbers are refused") {
    for (const std::string option :
         {"ping ", "ping-restart ", "ping-exit ", "inactive ", "session-timeout ", "tun-mtu ",
          "explicit-exit-notify ", "peer-id ", "keepalive 10 ", "inactive 10 "}) {
      for (const std::string value : {"-1", "4294967296", "99999999999999999999", "1e9", "\"\"",
                                      "0x10", "10s", "\" 1\"", "+1", "1.5"}) {
        if (option == "inactive 10 " && value == "4294967296") continue;  // bytes may be many
        CAPTURE(option);
        CAPTURE(value);
        EXPECT(ruling_on(option + value).verdict == Verdict::kRefused);
      }
    }
    for (const std::string_view option :
         {"tun-mtu 0", "tun-mtu 100", "tun-mtu 575", "tun-mtu 1601", "tun-mtu 65535", "ping 86401",
          "ping-restart 2147483648", "keepalive 10 86401", "peer-id 16777216",
          "inactive 2147483648", "session-timeout 2147483648"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kRefused);
    }
    EXPECT(ruling_on("tun-mtu 576").verdict == Verdict::kHonoured);
    EXPECT(ruling_on("tun-mtu 1600").verdict == Verdict::kHonoured);
    EXPECT(ruling_on("peer-id 16777215").verdict == Verdict::kHonoured);
  }

  TEST_CASE("R21: addresses are whole and canonical (CVE-2025-12106)") {
    for (const std::string text :
         {"", "[", "[::1", "[::1]:", "[]", "[]:53", "1.2.3", "1.2.3.4.5", "01.2.3.4",
          "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "[1.2.3.4]:53", "[2001:db8::1]53",
          "2001:db8::1::2", "2001:db8::1%eth0", "host"}) {
      CAPTURE(text);
      EXPECT(ruling_on("dns server 0 address \"" + text + "\"").verdict == Verdict::kRefused);
    }
    for (const std::string text :
         {"fd00::2", "fd00::2/0", "fd00::2/128", "fd00::2/129", "fd00::2/-1", "fd00::2/", "/64",
          "10.8.0.2/24", "fd00::2/64/64"}) {
      CAPTURE(text);
      EXPECT_FALSE(push("ifconfig-ipv6 " + text).has_value());
    }
    for (const std::string_view option :
         {"route 10.0.0.0 255.0.255.0", "route 10.0.0.0 8", "route 10.0.0.0 255.0.0.0 gw",
          "route 10.0.0.0 default default -1", "route vpn.example.net", "route-ipv6 2000::/129",
          "route-ipv6 10.0.0.0/8", "route-ipv6 2000::/3 gw"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("numbers of `dns server` are a server's own") {
    EXPECT(ruling_on("dns server 127 address 9.9.9.9").verdict == Verdict::kHonoured);
    for (const std::string_view number : {"-1", "128", "x", ""})
      EXPECT(ruling_on("dns server \"" + std::string(number) + "\" address 9.9.9.9").verdict ==
             Verdict::kRefused);
    for (const std::string_view option :
         {"dns server", "dns server 0", "dns server 0 address", "dns x", "dns search-domains",
          "dns server 0 transport"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("every option that is not on the accept-list is refused by name") {
    for (const auto part : {honoured_options(), ignored_options(), refused_options()}) {
      for (const OptionRow& row : part) {
        if (find_push_rule(row.name) != nullptr) continue;
        CAPTURE(row.name);
        for (const std::string arguments : {"", " x", " x y"}) {
          const Ruling ruling = ruling_on(std::string(row.name) + arguments);
          EXPECT(ruling.verdict == Verdict::kRefused);
          EXPECT(ruling.reason == "it is not for a server to set");
        }
      }
    }
    for (const std::string_view name :
         {"up", "down", "plugin", "script-security", "management", "fragment", "mssfix",
          "reneg-sec", "auth", "client-nat", "remote", "log", "setenv", "config", "ca"}) {
      CAPTURE(name);
      EXPECT(find_push_rule(name) == nullptr);
    }
  }

  TEST_CASE("options that cannot be split are named and left out") {
    for (const std::string_view option : {"dhcp-option DOMAIN \"x", "route 'x", "ping 10\\"}) {
      CAPTURE(option);
      EXPECT(ruling_on(option).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("nothing that a server says reaches a log unescaped or without a limit") {
    const std::string long_text(5000, 'x');
    for (const std::string& option :
         {std::string("frob\x1b[2J"), "dhcp-option DOMAIN \xff" + long_text, "route " + long_text,
          "ping " + long_text, "topology " + long_text, "cipher " + long_text,
          "protocol-flags " + long_text, "dns server 0 " + long_text + " y",
          "dhcp-option " + long_text}) {
      const Pushed pushed = push_with_address(option);
      std::vector<std::string> texts;
      if (pushed) {
        for (const PushNote& note : pushed->notes) {
          texts.push_back(note.option);
          texts.push_back(note.ruling.reason);
        }
      } else {
        texts.push_back(pushed.error().text);
      }
      EXPECT_FALSE(texts.empty());
      for (const std::string& text : texts) {
        EXPECT(text.size() < 400);
        EXPECT(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; }));
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
