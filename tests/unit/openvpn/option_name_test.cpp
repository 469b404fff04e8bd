#include "openvpn/profile/option_name.h"

#include "openvpn/profile/option_table.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

TEST_SUITE("openvpn/option_name") {
  TEST_CASE("every option of the table is shown as it is") {
    for (const auto part : {honoured_options(), ignored_options(), refused_options()}) {
      for (const OptionRow& row : part) EXPECT(shown_option_name(row.name) == row.name);
    }
  }

  TEST_CASE("what may be a typing error is shown") {
    for (const std::string name : {"data-ciphers-fallbacks", "remot", "Remote", "tls_auth",
                                   "<remote>", "</ca>", "<<<<<<<", "======="}) {
      CAPTURE(name);
      EXPECT(shown_option_name(name) == name);
    }
  }

  TEST_CASE("what may be a piece of a key is not") {
    for (const char* text :
         {"", "6acef03f62675b4b1bbd03e53b187727", "abcdefabcdefabcdefabcdefabcdefab",
          "MIIEvgIBADANBgkqhkiG9w0BAQEFAASC", "qL4=", "mQ2xRt7Z", "a+b/c", "B7:67:4D", "-----BEGIN",
          "\xc3\xa9", "a12345"}) {
      CAPTURE(text);
      EXPECT(shown_option_name(text) == "(no option)");
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
