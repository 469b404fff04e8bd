#include "daemon/config_file.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "temporary_folder.h"
#include "test.h"

namespace sallyport::daemon {
namespace {

// A command like `run`, after its command line.
struct Command {
  testing::TemporaryFolder folder;
  CLI::App app{"a command", "run"};
  std::vector<std::string> profiles;
  std::string uplink, config;

  explicit Command(std::vector<std::string> line = {}) {
    app.add_option("--profile", profiles);
    app.add_option("--uplink", uplink);
    app.add_option("--config", config);
    app.parse(line);
  }
  std::expected<void, std::string> apply(std::string_view text) {
    return apply_config_file(app, folder.file("sallyport.conf", text));
  }
};

TEST_SUITE("daemon/config_file") {
  TEST_CASE("sets options, once or several times") {
    Command command;
    REQUIRE(command
                .apply("# where to\nprofile = [\"a.ovpn\", \"b.ovpn\"]\n\nuplink = eth0\n"
                       "profile = c.ovpn\n")
                .has_value());
    EXPECT(command.profiles == std::vector<std::string>{"a.ovpn", "b.ovpn", "c.ovpn"});
    EXPECT(command.uplink == "eth0");
  }

  TEST_CASE("what the command line said stands") {
    // CLI11 takes a vector from its end.
    Command command({"eth1", "--uplink"});
    REQUIRE(command.apply("uplink = eth0\nprofile = a.ovpn\n").has_value());
    EXPECT(command.uplink == "eth1");
    EXPECT(command.profiles == std::vector<std::string>{"a.ovpn"});
  }

  TEST_CASE("an empty file is fine") {
    Command command;
    EXPECT(command.apply("").has_value());
    EXPECT(command.apply("# nothing\n").has_value());
  }

  TEST_CASE("what is no option of the command is refused by name") {
    for (const char* line : {"uplnik = eth0", "config = other.conf", "help = true",
                             "[section]\nuplink = eth0", "other.uplink = eth0"}) {
      CAPTURE(std::string(line));
      Command command;
      const auto applied = command.apply(std::string(line) + "\n");
      REQUIRE_FALSE(applied.has_value());
      EXPECT(applied.error().starts_with(command.folder.path("sallyport.conf") + ": "));
      EXPECT(applied.error().contains("no option of 'run'"));
      EXPECT(command.uplink.empty());
    }
  }

  TEST_CASE("two values for an option of one are refused") {
    Command command;
    const auto applied = command.apply("uplink = [\"eth0\", \"eth1\"]\n");
    REQUIRE_FALSE(applied.has_value());
    EXPECT(applied.error().contains("uplink"));
  }

  TEST_CASE("a file that is not there is an error with its name") {
    Command command;
    const auto applied = apply_config_file(command.app, command.folder.path("none.conf"));
    REQUIRE_FALSE(applied.has_value());
    EXPECT(applied.error().contains("none.conf"));
  }
}

}  // namespace
}  // namespace sallyport::daemon
