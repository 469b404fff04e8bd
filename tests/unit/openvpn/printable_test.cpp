#include "openvpn/profile/printable.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

TEST_SUITE("openvpn/printable") {
  TEST_CASE("printable ASCII stays, everything else is escaped") {
    EXPECT(printable("AES-256-GCM ~!") == "AES-256-GCM ~!");
    EXPECT(printable("a\nb\x1b[31m\x7f\xff") == "a\\x0ab\\x1b[31m\\x7f\\xff");
    EXPECT(printable(std::string_view("\0", 1)) == "\\x00");
  }

  TEST_CASE("a backslash is doubled, so that no text can pose as an escaped one") {
    EXPECT(printable("\\x0a") == "\\\\x0a");
  }

  TEST_CASE("what people read keeps its letters, and what is no letter is escaped") {
    EXPECT(legible("C\xc3\xb3"
                   "digo: \\") ==
           "C\xc3\xb3"
           "digo: \\\\");
    EXPECT(legible("a\x1b[31m\tb\x7f") == "a\\x1b[31m\\x09b\\x7f");
    EXPECT(legible("\xc2\x9b"
                   "31m\xe2\x80\xae") == "\\xc2\\x9b31m\\xe2\\x80\\xae");
    EXPECT(legible("Latin-1: \xfc"
                   "bel") ==
           "Latin-1: \\xfc"
           "bel");
    EXPECT(legible("\xc3\xb3\xc3\xb3", 3) == "\xc3\xb3...");
    EXPECT(legible("\xc3\xb3\xc3\xb3", 4) == "\xc3\xb3\xc3\xb3");
  }

  TEST_CASE("long texts are cut, and it shows") {
    EXPECT(printable("abcdef", 3) == "abc...");
    EXPECT(printable("abc", 3) == "abc");
    EXPECT(printable(std::string(1000, 'x')).size() == kPrintableLimit + 3);
    EXPECT(quoted("x\n") == "'x\\x0a'");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
