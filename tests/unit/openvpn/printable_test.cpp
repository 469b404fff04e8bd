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

  TEST_CASE("long texts are cut, and it shows") {
    EXPECT(printable("abcdef", 3) == "abc...");
    EXPECT(printable("abc", 3) == "abc");
    EXPECT(printable(std::string(1000, 'x')).size() == kPrintableLimit + 3);
    EXPECT(quoted("x\n") == "'x\\x0a'");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
