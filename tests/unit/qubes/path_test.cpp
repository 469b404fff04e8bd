#include "qubes/path.h"

#include <string>

#include "test.h"

namespace sallyport::qubes {
namespace {

TEST_SUITE("qubes/path") {
  TEST_CASE("a path begins with a slash and has few characters") {
    for (const char* path : {"/", "/a", "/qubes-firewall/10.137.0.5/0000", "/net-config/00:16:3e",
                             "/A_Z/0@9.x-y", "//"})
      EXPECT(is_path(path));
    for (const char* text : {"", "a", "a/", " /a", "/a b", "/a\n", "/a\\b", "/\xc3\xa4", "/a,b",
                             "/a[0]", "/`", "/{", "/^"})
      EXPECT_FALSE(is_path(text));
    EXPECT_FALSE(is_path(std::string_view("/a\0b", 4)));
  }

  TEST_CASE("a path has 63 characters at the most") {
    EXPECT(is_path("/" + std::string(62, 'x')));
    EXPECT_FALSE(is_path("/" + std::string(63, 'x')));
  }

  TEST_CASE("a tree overlaps with what is in it, an entry with itself") {
    EXPECT(overlap("/a", "/a"));
    EXPECT(overlap("/a/", "/a/b"));
    EXPECT(overlap("/a/b/c", "/a/"));
    EXPECT(overlap("/", "/a"));
    EXPECT(overlap("/a/", "/a/b/"));
    EXPECT_FALSE(overlap("/a", "/a/b"));
    EXPECT_FALSE(overlap("/a/", "/a"));
    EXPECT_FALSE(overlap("/a", "/ab"));
    EXPECT_FALSE(overlap("/a/", "/ab"));
    EXPECT_FALSE(overlap("/a/b/", "/a/c/"));
  }
}

}  // namespace
}  // namespace sallyport::qubes
