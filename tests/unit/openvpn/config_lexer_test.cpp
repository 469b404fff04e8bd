#include "openvpn/profile/config_lexer.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

using namespace std::string_view_literals;

LexedConfig lex(std::string_view text) {
  return lex_config(base::bytes_of(text));
}

// "LINE:name" of each directive, then "!" for a problem, "@N" for a <connection>.
std::string outline(const LexedConfig& lexed) {
  std::string text;
  for (const Directive& directive : lexed.directives) {
    if (!text.empty()) text += ' ';
    text += std::to_string(directive.line) + ":" + std::string(directive.words.name());
    if (directive.connection) text += "@" + std::to_string(*directive.connection);
    if (directive.problem) text += "!";
  }
  return text;
}

TEST_SUITE("openvpn/config_lexer") {
  TEST_CASE("every line that is neither empty nor a comment is a directive") {
    EXPECT(outline(lex("# first\n\nclient\n  dev tun ; tail\n\t;x\n--nobind")) ==
           "3:client 4:dev 6:nobind");
    EXPECT(outline(lex("")) == "");
    EXPECT(outline(lex("\n\n")) == "");
  }

  TEST_CASE("a byte order mark and carriage returns are no part of the text") {
    const LexedConfig lexed =
        lex("\xef\xbb\xbf"
            "client\r\nremote a 1\r\n");
    EXPECT(outline(lexed) == "1:client 2:remote");
    EXPECT(lexed.directives[1].words[2] == "1");
  }

  TEST_CASE("a block is taken verbatim, with its indentation") {
    const LexedConfig lexed = lex("dev tun\n <ca>\n  # text\n\n  AB\r\n  </ca>\nnobind\n");
    CAPTURE(outline(lexed));
    REQUIRE(lexed.directives.size() == 3);
    CAPTURE(lexed.directives[1].problem.value_or(""));
    REQUIRE(lexed.directives[1].block.has_value());
    EXPECT(lexed.directives[1].words.name() == "ca");
    EXPECT(lexed.directives[1].block->reveal_text() == "  # text\n\n  AB\r\n");
    EXPECT(lexed.directives[2].line == 7);
  }

  TEST_CASE("an empty block is a block") {
    const LexedConfig lexed = lex("<key>\n</key>");
    REQUIRE(lexed.directives.size() == 1);
    REQUIRE(lexed.directives[0].block.has_value());
    EXPECT(lexed.directives[0].block->empty());
  }

  TEST_CASE("all tags of OpenVPN open blocks, and no other option's name does") {
    for (const std::string tag :
         {"ca", "cert", "extra-certs", "dh", "key", "pkcs12", "crl-verify", "http-proxy-user-pass",
          "tls-auth", "auth-gen-token-secret", "peer-fingerprint", "tls-crypt", "tls-crypt-v2",
          "verify-hash", "auth-user-pass", "secret"}) {
      CAPTURE(tag);
      const LexedConfig lexed = lex("<" + tag + ">\nup x\n</" + tag + ">\n");
      EXPECT(outline(lexed) == "1:" + tag);
      EXPECT(outline(lex("<" + tag + ">\nup x\n")) == "1:" + tag + "!");
    }
    EXPECT(outline(lex("<remote>\nup x\n")) == "1:<remote> 2:up");
    EXPECT(outline(lex("<remote>\nup x\n</remote>\n")) == "1:remote");
  }

  TEST_CASE("a block that is never closed hides nothing but itself") {
    const LexedConfig lexed = lex("client\n<key>\nMIIEvg\nup /bin/sh\n");
    EXPECT(outline(lexed) == "1:client 2:key!");
    EXPECT(lexed.directives[1].problem->contains("</key>"));
  }

  TEST_CASE("text behind a closing tag is an error, a comment is not") {
    EXPECT(outline(lex("<ca>\nx\n</ca><key>\ny\n</key>\n")) == "1:ca! 4:y 5:</key>");
    EXPECT(outline(lex("<ca>\nx\n</ca> # end\nnobind")) == "1:ca 4:nobind");
  }

  TEST_CASE("the lines of a <connection> are directives of it") {
    const LexedConfig lexed =
        lex("client\n<connection>\nremote a 1\n# note\n<tls-auth>\nk\n</tls-auth>\n</connection>\n"
            "<connection>\nremote b 2\n</connection>\nnobind\n");
    EXPECT(outline(lexed) ==
           "1:client 2:connection 3:remote@0 5:tls-auth@0 9:connection 10:remote@1 12:nobind");
  }

  TEST_CASE("a <connection> inside another one is an error") {
    EXPECT(outline(lex("<connection>\n<connection>\nremote a\n</connection>\n</connection>\n")) ==
           "1:connection 2:connection@0! 5:</connection>");
  }

  TEST_CASE("a line that cannot be read keeps its name and spoils no other") {
    const LexedConfig lexed = lex("verify-x509-name \"open\nnobind\n\"quoted\n");
    EXPECT(outline(lexed) == "1:verify-x509-name! 2:nobind 3:!");
    EXPECT(outline(lex("remote a\0b\nnobind"sv)) == "1:remote! 2:nobind");
  }

  TEST_CASE("NUL bytes are tolerated in comments, also in those of a block") {
    EXPECT(outline(lex("# he\0re\nclient # \0\n"sv)) == "2:client");
    EXPECT(outline(lex("<ca>\n# he\0re\nx\n</ca>\n"sv)) == "1:ca");
    EXPECT(outline(lex("<ca>\nx\0y\n</ca>\n"sv)) == "1:ca!");
  }

  TEST_CASE("lines may be long, to a limit that comments do not have") {
    const std::string longest = "setenv X " + std::string(kMaxLineLength - 9, 'a');
    EXPECT(outline(lex(longest)) == "1:setenv");
    EXPECT(outline(lex(longest + "a\nnobind")) == "1:setenv! 2:nobind");
    EXPECT(outline(lex("#" + std::string(2 * kMaxLineLength, 'a') + "\nnobind")) == "2:nobind");
  }

  TEST_CASE("the file and the number of its options are bounded") {
    const LexedConfig large = lex(std::string(kMaxProfileSize + 1, '\n'));
    EXPECT(large.errors.size() == 1);
    std::string many;
    for (std::size_t i = 0; i <= kMaxDirectives; ++i) many += "nobind\n";
    const LexedConfig lexed = lex(many);
    EXPECT(lexed.directives.size() == kMaxDirectives);
    EXPECT(lexed.errors.size() == 1);
  }

  TEST_CASE("UTF-16 is named") {
    const LexedConfig lexed =
        lex("\xff\xfe"
            "c\0l\0"sv);
    REQUIRE(lexed.errors.size() == 1);
    EXPECT(lexed.errors[0].contains("UTF-16"));
  }

  TEST_CASE("names are only names when they stand alone in angle brackets") {
    EXPECT(outline(lex("<<<<<<< HEAD\n=======\n>>>>>>> other\n<>\n</>\n<ca> x\n")) ==
           "1:<<<<<<< 2:======= 3:>>>>>>> 4:<> 5:</> 6:<ca>");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
