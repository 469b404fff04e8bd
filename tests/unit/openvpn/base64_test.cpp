#include "openvpn/push/base64.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

TEST_SUITE("openvpn/base64") {
  TEST_CASE("the examples of RFC 4648, section 10") {
    const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                            {"Zg==", "f"},
                                                            {"Zm8=", "fo"},
                                                            {"Zm9v", "foo"},
                                                            {"Zm9vYg==", "foob"},
                                                            {"Zm9vYmE=", "fooba"},
                                                            {"Zm9vYmFy", "foobar"}};
    for (const auto& [text, plain] : examples) {
      const auto decoded = decode_base64(text);
      REQUIRE(decoded.has_value());
      EXPECT(decoded->reveal_text() == plain);
      EXPECT(encode_base64(base::bytes_of(plain)).reveal_text() == text);
    }
    EXPECT(decode_base64("+/+/")->reveal_text() == "\xfb\xff\xbf");
  }

  TEST_CASE("anything else is refused") {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Zm9v\n", "Zm 9v",
                             "Zh==", "Zm9=", "Z*==", "Zg==Zg==", "-_-_"}) {
      CAPTURE(text);
      EXPECT_FALSE(decode_base64(text).has_value());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
