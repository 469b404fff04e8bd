#include "base/utf8.h"

#include <initializer_list>
#include <string>

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/utf8") {
  TEST_CASE("code points of one to four bytes are read, up to the last") {
    for (const auto& [text, value] : std::initializer_list<std::pair<std::string_view, char32_t>>{
             {"A", U'A'},
             {"\xc3\xb3", U'\u00f3'},
             {"\xe2\x80\x93", U'\u2013'},
             {"\xf0\x9f\x94\x91", U'\U0001f511'},
             {"\xf4\x8f\xbf\xbf", U'\U0010ffff'}}) {
      CAPTURE(std::string(text));
      const auto point = first_code_point(std::string(text) + "!");
      REQUIRE(point);
      EXPECT(point->value == value);
      EXPECT(point->size == text.size());
    }
  }

  // The malformed sequences of Markus Kuhn's and RFC 3629's kinds, one each.
  TEST_CASE("what is cut short, overlong, a surrogate or too large is no code point") {
    for (const std::string_view text :
         {"", "\x80", "\xbf", "\xc3", "\xe2\x80", "\xf0\x9f\x94", "\xc3(", "\xc0\xaf", "\xc1\xbf",
          "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
          "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff"}) {
      CAPTURE(text.size());
      EXPECT_FALSE(first_code_point(text));
    }
  }

  TEST_CASE("letters of all scripts are visible; what controls, hides or turns text is not") {
    for (const std::string_view text :
         {"plain ASCII ~",
          "C\xc3\xb3"
          "digo:",
          "\xd0\x9f\xd0\xb0\xd1\x80", "\xe5\xaf\x86\xe7\xa0\x81", "\xf0\x9f\x94\x91"})
      EXPECT(is_visible_text(text));
    for (const char32_t hidden :
         {0x00u, 0x09u, 0x1bu, 0x7fu, 0x80u, 0x9bu, 0xadu, 0x200bu, 0x200fu, 0x2028u, 0x202eu,
          0x2066u, 0xfeffu, 0xffffu, 0xe0041u, 0x1fffeu}) {
      CAPTURE(static_cast<unsigned>(hidden));
      EXPECT_FALSE(is_visible(hidden));
    }
    EXPECT_FALSE(is_visible_text("a\tb"));
    EXPECT_FALSE(is_visible_text("a\xff"));
  }
}

}  // namespace
}  // namespace sallyport::base
