#include "openvpn/profile/config_words.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

// The words with '|' between them, or "error: ..." .
std::string split(std::string_view line) {
  const auto words = ConfigWords::split(line);
  if (!words) return "error: " + words.error();
  std::string joined;
  for (std::size_t i = 0; i < words->size(); ++i) {
    if (i > 0) joined += '|';
    joined += (*words)[i];
  }
  return joined;
}

TEST_SUITE("openvpn/config_words") {
  TEST_CASE("words are separated by blanks of every kind") {
    EXPECT(split("route  10.0.0.0\t255.0.0.0 ") == "route|10.0.0.0|255.0.0.0");
    EXPECT(split("a\vb\fc\rd") == "a|b|c|d");
    EXPECT(split("") == "");
    EXPECT(split(" \t\r") == "");
  }

  // Each of these was tried on OpenVPN 2.6.14, which prints the words of `dev-node` at verb 4.
  TEST_CASE("quotes, escapes and comments work as in OpenVPN") {
    EXPECT(split("x a#b #c") == "x|a#b");
    EXPECT(split("x a;b ;c") == "x|a;b");
    EXPECT(split("x \"a\\\"b\"") == "x|a\"b");
    EXPECT(split("x 'a\\b'") == "x|a\\b");
    EXPECT(split("x a\\ b") == "x|a b");
    EXPECT(split("x \"a\\ b\"") == "x|a b");
    EXPECT(split("x \"a\\\\b\"") == "x|a\\b");
    EXPECT(split("x foo\"bar\"") == "x|foo\"bar\"");
    EXPECT(split("x \"a\"b") == "x|a|b");
    EXPECT(split("x \"#no\" #yes") == "x|#no");
    EXPECT(split("x \"a'b\"") == "x|a'b");
    EXPECT(split("x 'a\"b'") == "x|a\"b");
    EXPECT(split("x a \"\" b") == "x|a||b");
  }

  TEST_CASE("what OpenVPN refuses is refused") {
    EXPECT(split("x a\\nb").starts_with("error: a backslash"));
    EXPECT(split("x \"a\\tb\"").starts_with("error: a backslash"));
    EXPECT(split("x a\\'b").starts_with("error: a backslash"));
    EXPECT(split("x \"unclosed").starts_with("error: a quote"));
    EXPECT(split("x 'unclosed").starts_with("error: a quote"));
    EXPECT(split("x trailing\\") == "error: a backslash ends the line");
    EXPECT(split("x \\#y").starts_with("error: a backslash"));
  }

  TEST_CASE("control characters are tolerated in comments only") {
    using namespace std::string_view_literals;
    EXPECT(split("x a\0b"sv) == "error: there is a NUL byte in it");
    EXPECT(split("x a\x01"sv) == "error: there is a control character in it");
    EXPECT(split("x a\x7f"sv) == "error: there is a control character in it");
    EXPECT(split("x a # \0 \x01"sv) == "x|a");
    EXPECT(split("x Z\xc3\xbcrich") == "x|Z\xc3\xbcrich");
  }

  TEST_CASE("the number of words is bounded") {
    std::string line;
    for (std::size_t i = 0; i < kMaxWords; ++i) line += "w ";
    EXPECT(ConfigWords::split(line)->size() == kMaxWords);
    EXPECT_FALSE(ConfigWords::split(line + "w").has_value());
  }

  TEST_CASE("words stay where they are when their owner moves") {
    auto words = ConfigWords::split("auth-token secret");
    REQUIRE(words.has_value());
    const std::string_view token = (*words)[1];
    const ConfigWords moved = std::move(*words);
    EXPECT(token == "secret");
    EXPECT(moved.name() == "auth-token");
    EXPECT(moved.arguments() == 1);
    EXPECT(moved.word_or(2, "none") == "none");
  }

  TEST_CASE("words can be dropped and the name be trimmed") {
    auto words = ConfigWords::split("setenv opt <ca> x");
    REQUIRE(words.has_value());
    words->drop_front(2);
    words->trim_name(1, 1);
    EXPECT(words->name() == "ca");
    EXPECT(words->arguments() == 1);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
