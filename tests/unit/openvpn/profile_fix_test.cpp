#include "openvpn/profile/profile_fix.h"

#include <set>

#include "openvpn/profile/option_table.h"
#include "profile_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

std::string fixed(const std::string& text) {
  const ReadProfile read = read_text(text);
  const FixedProfile fixed = fix_profile(base::bytes_of(text), read.report);
  return std::string(fixed.text.reveal_text());
}

Remedy remedy_of(const std::string& line) {
  const ReadProfile read = read_with(line);
  for (const DirectiveReport& directive : read.report.directives) {
    if (directive.ruling.verdict == Verdict::kRefused) return directive.remedy;
  }
  return {};
}

const std::string kGood = "client\nremote a\nca ca.crt\nremote-cert-tls server\n";

TEST_SUITE("openvpn/profile_fix") {
  TEST_CASE(
      "what runs programs and the like is taken out, and stays as a comment with its reason") {
    const std::string text = fixed(kGood + "up /etc/up.sh\r\nverb 3\nno-replay\nnonsense 1\n");
    EXPECT(text.starts_with(kGood + "# sallyport: up: it runs a program"));
    EXPECT(text.contains("\n#up /etc/up.sh\nverb 3\n# sallyport: no-replay: "));
    EXPECT(text.contains("\n#nonsense 1\n"));
    EXPECT(read_text(text).report.usable());
  }

  TEST_CASE("a block goes with all that is in it") {
    const std::string text =
        fixed(kGood + "<auth-gen-token-secret>\nAAAA\n</auth-gen-token-secret>\nverb 3\n");
    EXPECT(text.ends_with("#<auth-gen-token-secret>\n#AAAA\n#</auth-gen-token-secret>\nverb 3\n"));
    EXPECT(read_text(text).report.usable());
  }

  TEST_CASE("a block ends where the reader takes it to end, and what stands behind it is kept") {
    const std::string identity = "verify-x509-name vpn.example.net name\n";
    for (const std::string block :
         {"<foo>\nx\n</foo> # end of foo\n", "  <foo>  \nx\n\t</foo>;\n", "<foo>\nx\n</foo> text\n",
          "<auth-gen-token-secret>\nx\n</auth-gen-token-secret> # the end\n",
          "\"<foo>\" # quoted\nx y\n</foo>\n",
          "<connection> # first\nremote b x\n</connection> # last\n"}) {
      CAPTURE(block);
      const std::string text = kGood + block + identity;
      const std::string mended = fixed(text);
      EXPECT(mended.ends_with("\n" + identity));
      const auto honoured = [](const ReadProfile& read) {
        std::vector<std::string> options;
        for (const DirectiveReport& directive : read.report.directives) {
          if (directive.ruling.verdict == Verdict::kHonoured) options.push_back(directive.option);
        }
        return options;
      };
      EXPECT(honoured(read_text(mended)) == honoured(read_text(text)));
    }
  }

  TEST_CASE("what is put in place of a line takes no other line's place") {
    const std::string name = "verify-x509-name vpn.example.net name\n";
    const std::string text = fixed(kGood + name + "tls-remote other.example.net\n");
    EXPECT(text == kGood + name + "tls-remote other.example.net\n");
  }

  TEST_CASE("tls-remote becomes what it is called today") {
    EXPECT(fixed(kGood + "tls-remote \"/C=FR/CN=vpn.example.net\"\n")
               .ends_with("\nverify-x509-name \"C=FR, CN=vpn.example.net\" subject\n"));
    const std::string text = fixed(kGood + "tls-remote vpn.example.net\n");
    EXPECT(text.ends_with("\nverify-x509-name \"vpn.example.net\" name\n"));
    EXPECT(read_text(text).profile->tls.peer.name == "vpn.example.net");
    EXPECT(fixed(kGood + "tls-remote 'a\"b'\n").ends_with("tls-remote 'a\"b'\n"));
  }

  TEST_CASE("lines with typographic dashes are named, and written again with plain ones") {
    const std::string text = fixed(kGood + "\u2013\u2013verify-x509-name \"a b\" name # x\n" +
                                   "\u2014auth-nocache\n\u2013-setenv UV_X \"\"\n");
    EXPECT(text.contains("\nverify-x509-name \"a b\" name\n"));
    EXPECT(text.contains("\nauth-nocache\n"));
    EXPECT(text.contains("\nsetenv UV_X \"\"\n"));
    EXPECT(read_text(text).profile->tls.peer.name == "a b");
    EXPECT(remedy_of("\u2013\u2013remote \u201cx\u201d").fix == Remedy::Fix::kNone);
    const ReadProfile read =
        read_with("\u2013\u2013auth-nocache\n\u2013\u2013\n\u2013\u2013nonsense\n");
    EXPECT(read.report.directives[6].option == "auth-nocache");
    EXPECT(read.report.directives[6].ruling.reason.contains("typographic dashes"));
    EXPECT(read.report.directives[7].option == "--");
    EXPECT(read.report.directives[8].option == "nonsense");
  }

  TEST_CASE("a remedy is what to do, and no text of the line's own") {
    EXPECT(remedy_of("remote \"x; delete all\"").text ==
           "correct the line; the manual of OpenVPN 2.6 says what it takes");
    EXPECT(remedy_of("http-proxy-override").text == "write http-proxy instead");
    EXPECT(remedy_of("server 10.8.0.0 255.255.255.0").text ==
           "use the profile that the server made for its client");
    const Remedy saml = remedy_of("auth-federate");
    EXPECT(saml.fix == Remedy::Fix::kNone);
    EXPECT(saml.text.starts_with("write auth-user-pass, and log in as N/A"));
  }

  TEST_CASE("what the gateway added for safety is written down") {
    const std::string text = fixed("client\nremote a\nca ca.crt");
    EXPECT(text.ends_with("\nremote-cert-tls server\n"));
    EXPECT(read_text(text).report.warnings.size() == 1);  // there is still no login
  }

  TEST_CASE("nothing is taken out that would make it another profile, or trust anyone else") {
    for (const std::string line :
         {"dev tap", "secret key", "crl-verify missing.pem", "peer-fingerprint x",
          "verify-x509-name x y", "tls-verify /bin/check", "ca none.crt", "tls-auth none.key 1",
          "http-proxy p", "socks-proxy p x", "pull-filter x y", "tls-version-min 9",
          "cert none.crt", "remote b x"}) {
      CAPTURE(line);
      const Remedy remedy = remedy_of(line);
      EXPECT(remedy.fix == Remedy::Fix::kNone);
      EXPECT_FALSE(remedy.text.empty());
      EXPECT(fixed(kGood + line + "\n") == kGood + line + "\n");
    }
  }

  TEST_CASE("every refused line of the table comes with a remedy of one line") {
    for (const OptionRow& row : refused_options()) {
      CAPTURE(row.name);
      const Remedy remedy = remedy_of(std::string(row.name) + " x");
      EXPECT_FALSE(remedy.text.empty());
      EXPECT(remedy.text.find('\n') == std::string::npos);
      // What to do, and not the end of what is wrong.
      const std::string verb = remedy.text.substr(0, remedy.text.find(' '));
      EXPECT(std::set<std::string>{"ask", "delete", "put", "use", "write"}.contains(verb));
    }
    EXPECT(remedy_of("ca missing.crt").text.starts_with("put 'missing.crt' beside the profile"));
    EXPECT(remedy_of("mssfix x").text == "delete the line");
  }

  TEST_CASE("an untouched profile is the same, byte for byte but for line ends") {
    const std::string text = "# a comment\n" + usable_profile();
    EXPECT(fixed(text) == text);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
