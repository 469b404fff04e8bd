#include "qubes/database.h"

#include <vector>

#include "test.h"

namespace sallyport::qubes {
namespace {

std::vector<std::string> paths_of(const Database& database, std::string_view prefix) {
  std::vector<std::string> paths;
  for (const auto& [path, value] : database.with_prefix(prefix)) paths.push_back(path);
  return paths;
}

Database example() {
  Database database;
  for (const char* path : {"/a", "/a/", "/a/1", "/a/2", "/a/2/x", "/a1", "/b"})
    REQUIRE(database.write(path, "value"));
  return database;
}

TEST_SUITE("qubes/database") {
  TEST_CASE("an entry has the value that was written last") {
    Database database;
    EXPECT(database.find("/a") == nullptr);
    REQUIRE(database.write("/a", "one"));
    REQUIRE(database.write("/a", ""));
    REQUIRE(database.find("/a") != nullptr);
    EXPECT(database.find("/a")->empty());
    EXPECT(database.bytes() == 2);
  }

  TEST_CASE("lists all below a prefix, in order") {
    const Database database = example();
    EXPECT(paths_of(database, "/a/") == std::vector<std::string>{"/a/", "/a/1", "/a/2", "/a/2/x"});
    EXPECT(paths_of(database, "/a/2") == std::vector<std::string>{"/a/2", "/a/2/x"});
    EXPECT(paths_of(database, "/c").empty());
    EXPECT(paths_of(database, "").size() == 7);
  }

  TEST_CASE("removes one entry, or a tree without what it is named after") {
    Database database = example();
    database.remove("/a/2");
    EXPECT(paths_of(database, "/a/2") == std::vector<std::string>{"/a/2/x"});
    database.remove("/a/");
    EXPECT(paths_of(database, "") == std::vector<std::string>{"/a", "/a1", "/b"});
    database.remove("/nothing");
    database.remove("/nothing/");
    EXPECT(database.entries().size() == 3);
    database.remove("/");
    EXPECT(database.entries().empty());
    EXPECT(database.bytes() == 0);
  }

  TEST_CASE("more entries than the limit are refused, and nothing changes") {
    Database database;
    for (std::size_t i = 0; i < Database::kMaxEntries; ++i)
      REQUIRE(database.write("/" + std::to_string(i), "x"));
    EXPECT_FALSE(database.write("/one-more", "x"));
    EXPECT(database.find("/one-more") == nullptr);
    EXPECT(database.write("/7", "another value"));
    database.remove("/8");
    EXPECT(database.write("/one-more", "x"));
  }

  TEST_CASE("more bytes than the limit are refused, and nothing changes") {
    Database database;
    const std::string value(3000, 'x');
    std::size_t count = 0;
    while (database.write("/" + std::to_string(count), value)) ++count;
    EXPECT(count > 1000);
    EXPECT(count < Database::kMaxEntries);
    EXPECT(database.bytes() <= Database::kMaxBytes);
    const std::size_t before = database.bytes();
    EXPECT_FALSE(database.write("/again", value));
    EXPECT(database.bytes() == before);
    EXPECT(database.write("/0", "shorter"));
    EXPECT(database.bytes() == before - value.size() + 7);
  }
}

}  // namespace
}  // namespace sallyport::qubes
