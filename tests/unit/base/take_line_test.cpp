#include "base/take_line.h"

#include <string>
#include <vector>

#include "test.h"

namespace sallyport::base {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(take_line(text));
  return lines;
}

TEST_SUITE("base/take_line") {
  using Lines = std::vector<std::string>;

  TEST_CASE("lines end with LF or CR LF, and the last one needs no end") {
    EXPECT(lines_of("a\nb\r\nc") == Lines{"a", "b", "c"});
    EXPECT(lines_of("a\nb\r\nc\n") == Lines{"a", "b", "c"});
    EXPECT(lines_of("\r\n\n") == Lines{"", ""});
  }

  TEST_CASE("blanks and a CR inside a line belong to it") {
    EXPECT(lines_of(" a\rb \n\tc") == Lines{" a\rb ", "\tc"});
  }

  TEST_CASE("of nothing, nothing is taken") {
    std::string_view rest;
    EXPECT(take_line(rest).empty());
    EXPECT(rest.empty());
  }
}

}  // namespace
}  // namespace sallyport::base
