#include "openvpn/profile/option_table.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "openvpn/profile/option_handlers.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

std::vector<std::string> lines_of(std::string_view file) {
  std::istringstream text(read_test_data(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

std::vector<const OptionRow*> all_rows() {
  std::vector<const OptionRow*> rows;
  for (const auto part : {honoured_options(), ignored_options(), refused_options()}) {
    for (const OptionRow& row : part) rows.push_back(&row);
  }
  return rows;
}

// A line of tests/data/options/openvpn-2.6.14.txt.
struct KnownOption {
  std::string name, least, most, place;
};

std::vector<KnownOption> known_options() {
  std::vector<KnownOption> known;
  for (const std::string& line : lines_of("options/openvpn-2.6.14.txt")) {
    KnownOption option;
    std::istringstream(line) >> option.name >> option.least >> option.most >> option.place;
    known.push_back(option);
  }
  return known;
}

bool is_handled(const OptionRow& row) {
  return find_option_handler(row.name) != nullptr;
}

TEST_SUITE("openvpn/option_table") {
  TEST_CASE("every option that OpenVPN 2.6.14 admits to knowing has a row") {
    const auto known = known_options();
    EXPECT(known.size() == 295);
    for (const KnownOption& option : known) {
      CAPTURE(option.name);
      EXPECT(find_option(option.name) != nullptr);
    }
  }

  TEST_CASE(
      "so has every option of 2.7, of older versions and of other systems, and nothing else") {
    std::set<std::string> names;
    for (const std::string& name : lines_of("options/others.txt")) {
      CAPTURE(name);
      EXPECT(find_option(name) != nullptr);
      names.insert(name);
    }
    for (const KnownOption& option : known_options()) names.insert(option.name);
    for (const OptionRow* row : all_rows()) {
      CAPTURE(row->name);
      EXPECT(names.erase(std::string(row->name)) == 1);  // a second row would fail here too
    }
    EXPECT(names.empty());
  }

  TEST_CASE("no row is stricter than OpenVPN about the number of values") {
    for (const KnownOption& option : known_options()) {
      const OptionRow& row = *find_option(option.name);
      // OpenVPN's own count of <connection> includes the block's content.
      if (row.verdict == Verdict::kRefused || row.name == "connection") continue;
      CAPTURE(option.name);
      EXPECT(row.arguments.minimum <= std::stoi(option.least));
      EXPECT((row.arguments.maximum == kMany ||
              (option.most != "many" && row.arguments.maximum >= std::stoi(option.most))));
    }
  }

  TEST_CASE("<connection> takes what it takes in OpenVPN") {
    for (const KnownOption& option : known_options()) {
      const OptionRow& row = *find_option(option.name);
      if (row.verdict == Verdict::kRefused || row.name == "connection") continue;
      CAPTURE(option.name);
      EXPECT(row.allowed_in_connection() == (option.place == "connection"));
    }
  }

  TEST_CASE("names are matched whole") {
    EXPECT(find_option("up") != nullptr);
    for (const char* name : {"", "u", "up-", "upp", "pull-filte", "logx", "UP", "dh-", "remote "}) {
      CAPTURE(name);
      EXPECT(find_option(name) == nullptr);
    }
  }

  TEST_CASE("an option is honoured exactly when something handles it") {
    for (const OptionRow& row : honoured_options()) {
      CAPTURE(row.name);
      EXPECT(is_handled(row));
      EXPECT(row.reason.empty());
    }
    for (const OptionRow& row : ignored_options()) {
      CAPTURE(row.name);
      EXPECT(is_handled(row) == (row.name == "key-method"));
      EXPECT_FALSE(row.reason.empty());
    }
    for (const OptionRow& row : refused_options()) {
      CAPTURE(row.name);
      // Harmless only where it names a script that sets resolvers.
      const bool is_script = row.name == "up" || row.name == "down" || row.name == "route-up" ||
                             row.name == "route-pre-down" || row.name == "plugin" ||
                             row.name == "dns-updown";
      EXPECT(is_handled(row) == is_script);
      EXPECT_FALSE(row.reason.empty());
    }
  }

  TEST_CASE("the parts of the table hold what their names say") {
    for (const OptionRow& row : honoured_options()) EXPECT(row.verdict == Verdict::kHonoured);
    for (const OptionRow& row : ignored_options()) EXPECT(row.verdict == Verdict::kIgnored);
    for (const OptionRow& row : refused_options()) EXPECT(row.verdict == Verdict::kRefused);
  }

  TEST_CASE("another name leads to a setting that exists") {
    for (const OptionRow* row : all_rows()) {
      CAPTURE(row->name);
      const OptionRow* const setting = find_option(row->setting);
      REQUIRE(setting != nullptr);
      EXPECT(setting->setting == row->setting);
    }
  }

  TEST_CASE("the number of values is said in words") {
    const auto objection = [](std::string_view name, std::size_t count) {
      return find_option(name)->objection_to_count(count).value_or("");
    };
    EXPECT(objection("remote", 3) == "");
    EXPECT(objection("remote", 0) == "it takes 1 to 3 values, not 0");
    EXPECT(objection("ca", 2) == "it takes 1 value, not 2");
    EXPECT(objection("client", 1) == "it takes 0 values, not 1");
    EXPECT(objection("dns", 0) == "it takes at least 1 value, not 0");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
