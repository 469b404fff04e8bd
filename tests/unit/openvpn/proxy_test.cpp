#include "counting_rng.h"
#include "openvpn/proxy/http_digest.h"
#include "openvpn/proxy/proxy_handshake.h"
#include "profile_fixture.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using Kind = ProxyProgress::Kind;

std::shared_ptr<ProxyOptions> options_of(ProxyKind kind, bool login) {
  auto options = std::make_shared<ProxyOptions>();
  options->kind = kind;
  if (login) {
    options->username = base::SecretBytes(std::string_view("user"));
    options->password = base::SecretBytes(std::string_view("secret"));
  }
  return options;
}

struct Dialogue {
  testing::CountingRng rng;
  ProxyHandshake handshake;
  explicit Dialogue(std::shared_ptr<const ProxyOptions> options,
                    Transport transport = Transport::kTcp, std::string host = "vpn.example.net")
      : handshake(std::move(options), {std::move(host), 1194}, transport, rng) {
    handshake.begin();
  }
  std::string said() { return std::string(handshake.take_output().reveal_text()); }
  ProxyProgress hear(std::string_view text) {
    base::Bytes bytes = base::bytes_of(text);
    ProxyProgress progress = handshake.receive(bytes);
    left = bytes.size();
    return progress;
  }
  std::string said_hex() { return base::hex_encode(handshake.take_output().reveal()); }
  ProxyProgress hear_hex(std::string_view hex) {
    const auto bytes = vectors::bytes(hex);
    return hear(base::text_of(bytes));
  }
  std::size_t left = 0;
};

TEST_SUITE("openvpn/http_connect") {
  TEST_CASE("asks for the server by name, and leaves alone what follows the answer") {
    Dialogue dialogue(options_of(ProxyKind::kHttp, false));
    EXPECT(dialogue.said() ==
           "CONNECT vpn.example.net:1194 HTTP/1.0\r\nHost: vpn.example.net:1194\r\n\r\n");
    EXPECT(dialogue.hear("HTTP/1.1 200 OK\r\nVia: x\r\n").kind == Kind::kMore);
    EXPECT(dialogue.hear("\r\nserver").kind == Kind::kDone);
    EXPECT(dialogue.left == 6);
    Dialogue v6(options_of(ProxyKind::kHttp, false), Transport::kTcp, "2001:db8::1");
    EXPECT(v6.said().starts_with("CONNECT [2001:db8::1]:1194 HTTP/1.0\r\n"));
  }

  TEST_CASE("logs in when it is asked to, once, and in clear only where it may") {
    const std::string basic = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"r\"\r\n\r\n";
    Dialogue dialogue(options_of(ProxyKind::kHttp, true));
    EXPECT_FALSE(dialogue.said().contains("Authorization"));
    EXPECT(dialogue.hear(basic).kind == Kind::kAgain);
    dialogue.handshake.begin();
    EXPECT(dialogue.said().contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
    EXPECT(dialogue.hear(basic).text.contains("refuses the user name"));
    auto careful = options_of(ProxyKind::kHttp, true);
    careful->login = ProxyLogin::kNotClear;
    EXPECT(Dialogue(careful).hear(basic).kind == Kind::kFailed);
    EXPECT(Dialogue(options_of(ProxyKind::kHttp, false)).hear(basic).text.contains("wants"));
    auto bold = options_of(ProxyKind::kHttp, true);
    bold->login = ProxyLogin::kBasic;
    EXPECT(Dialogue(bold).said().contains("Authorization: Basic"));
  }

  TEST_CASE("prefers digest, and answers as RFC 7616 has it") {
    Dialogue dialogue(options_of(ProxyKind::kHttp, true));
    EXPECT(dialogue
               .hear("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nProxy-Authenticate: Digest "
                     "realm=\"a b\", nonce=\"n\", opaque=\"o\"\r\n\r\n")
               .kind == Kind::kAgain);
    dialogue.handshake.begin();
    // By md5sum: HA1 of user:a b:secret, HA2 of CONNECT:vpn.example.net:1194.
    EXPECT(dialogue.said().contains(
        "Digest username=\"user\", realm=\"a b\", nonce=\"n\", uri=\"vpn.example.net:1194\", "
        "response=\"6e76362759dfba61a5735556d0a5038b\", opaque=\"o\"\r\n"));
    for (const char* odd :
         {"realm=\"r\"", "realm=\"r\", nonce=\"n", "realm=r, nonce=n, algorithm=X",
          "realm=r, nonce=n, qop=\"auth-int\"", "nonsense"}) {
      testing::CountingRng rng;
      CAPTURE(std::string(odd));
      EXPECT_FALSE(answer_digest(odd, *options_of(ProxyKind::kHttp, true), "u", rng).has_value());
    }
  }

  TEST_CASE("an answer that is not HTTP, has no end or says no ends the attempt, printably") {
    EXPECT(Dialogue(options_of(ProxyKind::kHttp, false)).hear("SSH-2.0\r\n\r\n").kind ==
           Kind::kFailed);
    const auto refusal =
        Dialogue(options_of(ProxyKind::kHttp, false)).hear("HTTP/1.0 503 No\x07 way\r\n\r\n");
    EXPECT(refusal.kind == Kind::kFailed);
    EXPECT(refusal.text.find('\x07') == std::string::npos);
    EXPECT(refusal.text.contains("503 No"));
    EXPECT(Dialogue(options_of(ProxyKind::kHttp, false)).hear(std::string(20000, 'x')).kind ==
           Kind::kFailed);
  }
}

TEST_SUITE("openvpn/socks5") {
  TEST_CASE("connects by name, with a login only where the proxy wants one") {
    Dialogue dialogue(options_of(ProxyKind::kSocks5, true));
    EXPECT(dialogue.said_hex() == "05020002");
    EXPECT(dialogue.hear_hex("0502").kind == Kind::kMore);
    EXPECT(dialogue.said_hex() == "01047573657206736563726574");
    EXPECT(dialogue.hear_hex("0100").kind == Kind::kMore);
    EXPECT(dialogue.said_hex() == "050100030f76706e2e6578616d706c652e6e657404aa");
    EXPECT(dialogue.hear_hex("05000001000000000000").kind == Kind::kDone);
    Dialogue plain(options_of(ProxyKind::kSocks5, false), Transport::kTcp, "192.0.2.1");
    EXPECT(plain.said_hex() == "050100");
    EXPECT(plain.hear_hex("0500").kind == Kind::kMore);
    EXPECT(plain.said_hex() == "05010001c000020104aa");
  }

  TEST_CASE("asks for a relay of datagrams, and takes where it is") {
    Dialogue dialogue(options_of(ProxyKind::kSocks5, false), Transport::kUdp);
    EXPECT(dialogue.hear_hex("0500").kind == Kind::kMore);
    EXPECT(dialogue.said_hex().ends_with("05030001000000000000"));
    const auto done = dialogue.hear_hex("05000001c00002090c38");
    REQUIRE(done.relay.has_value());
    EXPECT(done.relay->address == base::IpAddress::parse("192.0.2.9"));
    EXPECT(done.relay->port == 3128);
    Dialogue here(options_of(ProxyKind::kSocks5, false), Transport::kUdp);
    REQUIRE(here.hear_hex("0500").kind == Kind::kMore);
    EXPECT_FALSE(here.hear_hex("05000001000000000c38").relay->address.has_value());
    Dialogue named(options_of(ProxyKind::kSocks5, false), Transport::kUdp);
    REQUIRE(named.hear_hex("0500").kind == Kind::kMore);
    EXPECT(named
               .hear_hex("050000030178"
                         "0c38")
               .kind == Kind::kFailed);
  }

  TEST_CASE("a refusal is told by its reason") {
    for (const auto& [hex, words] :
         {std::pair{"05ff", "of a kind that is not known"}, std::pair{"04", "does not speak"},
          std::pair{"05000502", "rules forbid"}, std::pair{"050005000009", "no known kind"}}) {
      const auto progress = Dialogue(options_of(ProxyKind::kSocks5, true)).hear_hex(hex);
      CAPTURE(std::string(hex));
      EXPECT(progress.kind == Kind::kFailed);
      EXPECT(progress.text.contains(words));
    }
  }

  TEST_CASE("a datagram's header goes on and comes off, and fragments are dropped") {
    auto datagram = socks_datagram_header({"192.0.2.1", 1194});
    EXPECT(base::hex_encode(datagram) == "00000001c000020104aa");
    datagram.push_back('x');
    EXPECT(base::text_of(*without_socks_header(datagram)) == "x");
    datagram[2] = 1;
    EXPECT_FALSE(without_socks_header(datagram).has_value());
    for (std::size_t size = 0; size < 10; ++size) {
      auto cut = socks_datagram_header({"192.0.2.1", 1194});
      cut.resize(size);
      EXPECT_FALSE(without_socks_header(cut).has_value());
    }
  }
}

TEST_SUITE("openvpn/profile proxies") {
  TEST_CASE("a proxy belongs to its remote, with the login and headers of the file") {
    const ReadProfile read = read_text(
        "client\nca ca.crt\nremote-cert-tls server\nproto tcp\nhttp-proxy-option AGENT me\n"
        "<connection>\nremote a\nhttp-proxy p 8080 auto\n</connection>\n"
        "<connection>\nremote b\nproto udp\nsocks-proxy q\n</connection>\n<connection>\nremote c\n"
        "</connection>\n<http-proxy-user-pass>\nme\npassword\n</http-proxy-user-pass>\n");
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    const Profile& profile = *read.profile;
    const ProxyOptions& http = *profile.proxies.at(profile.remotes[0].proxy.value());
    EXPECT(http.host == "p");
    EXPECT(http.username.reveal_text() == "me");
    EXPECT(http.headers == std::vector<std::string>{"User-Agent: me"});
    const ProxyOptions& socks = *profile.proxies.at(profile.remotes[1].proxy.value());
    EXPECT(socks.port == 1080);
    EXPECT(socks.username.empty());
    EXPECT_FALSE(profile.remotes[2].proxy.has_value());
  }

  const std::string kOverTcp = "client\nca ca.crt\nremote a 1194 tcp\n";

  TEST_CASE("a proxy that may want a login is asked without one, where the file has none") {
    for (const std::string_view word : {"auto", "auto-nct", "auto basic"}) {
      CAPTURE(word);
      const ReadProfile read = read_text(kOverTcp + "http-proxy p 8080 " + std::string(word));
      REQUIRE(read.profile.has_value());
      EXPECT(read.profile->proxies.at(0)->username.empty());
      EXPECT(ruling_at(read.report, 4).reason.contains("<http-proxy-user-pass>"));
    }
    const ReadProfile told =
        read_text(kOverTcp +
                  "http-proxy p 8080 auto\n"
                  "<http-proxy-user-pass>\nalice\nwonderland\n</http-proxy-user-pass>\n");
    EXPECT(told.profile->proxies.at(0)->username.reveal_text() == "alice");
  }

  TEST_CASE("a proxy that cannot work is refused with what to do") {
    const auto problem_of = [](const std::string& lines) {
      const auto problems = read_with(lines).report.problems();
      return problems.empty() ? std::string() : problems.front();
    };
    EXPECT(problem_of("proto udp\nhttp-proxy p 8080").contains("proto tcp-client"));
    EXPECT(read_text(kOverTcp + "http-proxy p 8080 stdin\n")
               .report.problems()
               .at(0)
               .contains("<http-proxy-user-pass>"));
    for (const char* line :
         {"proto tcp\nhttp-proxy p", "socks-proxy p 0", "socks-proxy p 1080 missing.txt",
          "http-proxy-option VERSION 2", "http-proxy-option CUSTOM-HEADER x"})
      EXPECT_FALSE(read_with(line).report.usable());
  }

  TEST_CASE("R4: NTLM is not spoken, whoever asks for it") {
    for (const std::string method : {"ntlm", "ntlm2"}) {
      const auto read = read_with("proto tcp\nhttp-proxy p 8080 auto " + method);
      EXPECT_FALSE(read.report.usable());
      EXPECT(read.report.problems().at(0).contains("NTLM"));
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
