#include "qubes/firewall.h"

#include "test.h"

namespace sallyport::qubes {
namespace {

const base::IpAddress kSource = *base::IpAddress::parse("10.137.0.5");

Database database_with(
    std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  Database database;
  for (const auto& [name, value] : entries)
    REQUIRE(database.write("/qubes-firewall/10.137.0.5" + std::string(name), value));
  return database;
}

TEST_SUITE("qubes/firewall") {
  TEST_CASE("rules are in the order of their numbers, gaps do not end them") {
    const auto rules = read_rules(database_with({{"/0007", "action=accept"},
                                                 {"/policy", "drop"},
                                                 {"/0000", "action=drop proto=icmp"},
                                                 {"/9999", "last"},
                                                 {"/0010", "ten"},
                                                 {"", ""}}),
                                  kSource);
    EXPECT_FALSE(rules.malformed);
    EXPECT(rules.policy == "drop");
    EXPECT(rules.rules ==
           std::vector<std::string>{"action=drop proto=icmp", "action=accept", "ten", "last"});
    EXPECT(rules.bytes() == 4 + 22 + 13 + 3 + 4);
  }

  TEST_CASE("a source without rules has its policy") {
    const auto rules = read_rules(database_with({{"/policy", "drop"}}), kSource);
    EXPECT_FALSE(rules.malformed);
    EXPECT(rules.rules.empty());
  }

  TEST_CASE("without a policy everything is malformed") {
    EXPECT(read_rules(database_with({{"/0000", "action=accept"}}), kSource).malformed);
    EXPECT(read_rules(database_with({{"", ""}}), kSource).malformed);
  }

  TEST_CASE("an entry that is no rule makes the source malformed, and keeps none of its rules") {
    for (const char* name : {"/000", "/00000", "/000a", "/Policy", "/policy2", "/", "/0001/0000",
                             "/policy/", "/-001", "/+001", "/0x01"}) {
      CAPTURE(std::string(name));
      const auto rules = read_rules(
          database_with({{"/policy", "drop"}, {"/0000", "action=accept"}, {name, "x"}}), kSource);
      EXPECT(rules.malformed);
      EXPECT(rules.policy.empty());
      EXPECT(rules.rules.empty());
    }
  }

  TEST_CASE("sources whose names begin alike do not mix") {
    Database database = database_with({{"/policy", "drop"}, {"/0000", "mine"}});
    REQUIRE(database.write("/qubes-firewall/10.137.0.50/0001", "other"));
    REQUIRE(database.write("/qubes-firewall/10.137.0.5.x", "other"));
    const auto rules = read_rules(database, kSource);
    EXPECT_FALSE(rules.malformed);
    EXPECT(rules.rules == std::vector<std::string>{"mine"});
  }

  TEST_CASE("a commit is at exactly two slashes") {
    EXPECT(committed_source("/qubes-firewall/10.137.0.5") == "10.137.0.5");
    EXPECT(committed_source("/qubes-firewall/anything") == "anything");
    for (const char* path : {"/qubes-firewall", "/qubes-firewall/", "/qubes-firewall/10.137.0.5/",
                             "/qubes-firewall/10.137.0.5/policy", "/qubes-firewall//",
                             "/qubes-firewalls/10.137.0.5", "/x/qubes-firewall/10.137.0.5"})
      EXPECT_FALSE(committed_source(path).has_value());
  }

  TEST_CASE("a source is an address, written in one way") {
    EXPECT(parse_source("10.137.0.5") == kSource);
    EXPECT(parse_source("fd09:24ef:4179::a89:5").has_value());
    for (const char* text : {"", "10.137.0", "10.137.0.05", "10.137.0.5/32", "host", " 10.137.0.5",
                             "FD09:24ef:4179::a89:5", "fd09:24ef:4179:0::a89:5",
                             "fd09:24ef:4179:0:0:0:a89:5", "::ffff:10.137.0.5"})
      EXPECT_FALSE(parse_source(text).has_value());
    EXPECT(commit_path(kSource) == "/qubes-firewall/10.137.0.5");
  }
}

}  // namespace
}  // namespace sallyport::qubes
