#include "netback/key_values.h"

#include "test.h"

namespace sallyport::netback {
namespace {

using Reason = KeyError::Reason;

TEST_SUITE("netback/key_values") {
  TEST_CASE("a number is its digits and nothing else") {
    EXPECT(parse_decimal("0") == 0);
    EXPECT(parse_decimal("4294967295") == 4294967295);
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x10", "01", "00", "1.0", "4294967296",
                             "99999999999999999999", "1\n"})
      EXPECT_FALSE(parse_decimal(text).has_value());
    EXPECT_FALSE(parse_decimal(std::string_view("1\0", 2)).has_value());
  }

  TEST_CASE("a number is refused by key and reason") {
    KeyValues values;
    values.set("count", "7");
    values.set("bad", "7 ");
    EXPECT(read_number(values, "count", 0, 7) == 7);
    EXPECT(read_number(values, "count", 8, 9).error() == KeyError{"count", Reason::kOutOfRange});
    EXPECT(read_number(values, "count", 0, 6).error() == KeyError{"count", Reason::kOutOfRange});
    EXPECT(read_number(values, "bad", 0, 9).error() == KeyError{"bad", Reason::kMalformed});
    EXPECT(read_number(values, "none", 0, 9).error() == KeyError{"none", Reason::kMissing});
  }

  TEST_CASE("a flag is 0, 1 or absent") {
    KeyValues values;
    values.set("on", "1");
    values.set("off", "0");
    EXPECT(read_flag(values, "on") == true);
    EXPECT(read_flag(values, "off") == false);
    EXPECT(read_flag(values, "none") == false);
    for (const char* text : {"", "2", "true", "1 ", "01", "-1"}) {
      values.set("bad", text);
      EXPECT(read_flag(values, "bad").error() == KeyError{"bad", Reason::kMalformed});
    }
  }

  TEST_CASE("an error is a short sentence that does not repeat the value") {
    EXPECT(KeyError{"mac", Reason::kMissing}.to_string() == "mac: missing");
    EXPECT(KeyError{"ip", Reason::kMalformed}.to_string() == "ip: malformed");
    EXPECT(KeyError{"a", Reason::kOutOfRange}.to_string() == "a: out of range");
    EXPECT(KeyError{"a", Reason::kNotSupported}.to_string() == "a: not supported");
    EXPECT(KeyError{"a", Reason::kRepeated}.to_string() == "a: named twice");
  }
}

}  // namespace
}  // namespace sallyport::netback
