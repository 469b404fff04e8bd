#include "netback/xenbus_state.h"

#include <string>

#include "test.h"

namespace sallyport::netback {
namespace {

TEST_SUITE("netback/xenbus_state") {
  TEST_CASE("a state is one digit, there and back") {
    for (int i = 0; i <= 8; ++i) {
      const std::string digit = std::to_string(i);
      EXPECT(parse_xenbus_state(digit) == static_cast<XenbusState>(i));
      EXPECT(to_text(static_cast<XenbusState>(i)) == digit);
    }
    EXPECT(describe(XenbusState::kInitWait) == "InitWait");
    EXPECT(describe(XenbusState::kReconfigured) == "Reconfigured");
  }

  TEST_CASE("everything else is unknown") {
    EXPECT(parse_xenbus_state(std::nullopt) == XenbusState::kUnknown);
    for (const char* text : {"", "9", "10", "04", " 4", "4\n", "-4", "four"})
      EXPECT(parse_xenbus_state(text) == XenbusState::kUnknown);
  }
}

}  // namespace
}  // namespace sallyport::netback
