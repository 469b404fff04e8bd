#include "daemon/control_request.h"

#include "test.h"

namespace sallyport::daemon {
namespace {

TEST_SUITE("daemon/control_request") {
  TEST_CASE("what is asked comes out as it went in") {
    const auto plain = parse_control_request(control_line({.command = "status"}));
    REQUIRE(plain);
    EXPECT(plain->command == "status");
    EXPECT(plain->path.empty());
    const auto file =
        parse_control_request(control_line({.command = "file", .path = "/a \"b\"\n/c"}));
    REQUIRE(file);
    EXPECT(file->path == "/a \"b\"\n/c");
    const auto answer =
        parse_control_request(control_line({.command = "answer", .text = "4711 \"x\""}));
    REQUIRE(answer);
    EXPECT(answer->text == "4711 \"x\"");
    const auto kick = parse_control_request(control_line({.command = "kick", .name = "alice"}));
    REQUIRE(kick);
    EXPECT(kick->name == "alice");
    EXPECT(control_line({.command = "file", .path = "\xff"}).find('\n') == std::string::npos);
  }

  TEST_CASE("what is no object with texts asks for nothing") {
    for (const char* line : {"", "{", "[]", "7", "null", "\"status\"", "{\"command\":"}) {
      EXPECT_FALSE(parse_control_request(line));
    }
    for (const char* line :
         {"{}", "{\"command\":7}", "{\"command\":null}", "{\"command\":[\"status\"]}"}) {
      EXPECT(parse_control_request(line)->command.empty());
    }
  }

  TEST_CASE("the files that a gateway needs come out as they went in") {
    const auto needed =
        parse_needed_files(needed_files_line({{"/a.ovpn", "/b.ovpn"}, "/login", true}));
    REQUIRE(needed);
    EXPECT(needed->profiles == std::vector<std::string>{"/a.ovpn", "/b.ovpn"});
    EXPECT(needed->auth_file == "/login");
    EXPECT(needed->caged);
    for (const char* line :
         {"", "{}", "{\"profiles\":7}", "{\"profiles\":[7]}", "{\"error\":\"no\"}"}) {
      EXPECT_FALSE(parse_needed_files(line));
    }
    const auto odd = parse_needed_files("{\"profiles\":[],\"auth\":7,\"caged\":\"yes\"}");
    REQUIRE(odd);
    EXPECT(odd->auth_file.empty());
    EXPECT_FALSE(odd->caged);
  }
}

}  // namespace
}  // namespace sallyport::daemon
