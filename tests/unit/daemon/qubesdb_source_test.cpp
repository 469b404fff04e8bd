#include "daemon/qubesdb_source.h"

#include "test.h"

namespace sallyport::daemon {
namespace {

using Paths = std::vector<std::string>;

Paths paths_of(std::string_view text) {
  const auto parsed = parse_qubesdb(text);
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->has_value());
  const auto* const socket = std::get_if<QubesDbSocket>(&**parsed);
  REQUIRE(socket != nullptr);
  return socket->paths;
}

TEST_SUITE("daemon/qubesdb_source") {
  TEST_CASE("a socket is Qubes' own, the read-only one first, or the one that was named") {
    EXPECT(paths_of("socket") == Paths{"/run/qubes/qubesdb.ro.sock", "/run/qubes/qubesdb.sock"});
    EXPECT(paths_of("socket:/tmp/a:b") == Paths{"/tmp/a:b"});
  }

  TEST_CASE("a vchan needs no more, and none is none") {
    const auto vchan = parse_qubesdb("vchan");
    REQUIRE((vchan.has_value() && vchan->has_value()));
    EXPECT(std::holds_alternative<QubesDbVchan>(**vchan));
    const auto none = parse_qubesdb("none");
    REQUIRE(none.has_value());
    EXPECT_FALSE(none->has_value());
  }

  TEST_CASE("anything else is an error") {
    for (const char* text : {"", "socket:", "Socket", "vchan:1", "no", "/run/qubes/qubesdb.sock"})
      EXPECT_FALSE(parse_qubesdb(text).has_value());
  }
}

}  // namespace
}  // namespace sallyport::daemon
