#include "base/buffer.h"

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/buffer") {
  TEST_CASE("has the size asked for, the same memory each time, and keeps what is written") {
    Buffer buffer(1000);
    EXPECT(buffer.size() == 1000);
    REQUIRE(buffer.bytes().size() == 1000);
    buffer.bytes().front() = 1;
    buffer.bytes().back() = 2;
    EXPECT(buffer.bytes().front() == 1);
    EXPECT(buffer.bytes().back() == 2);
  }

  TEST_CASE("may be empty") {
    Buffer buffer(0);
    EXPECT(buffer.bytes().empty());
  }

  TEST_CASE("moves with its memory") {
    Buffer from(10);
    const std::uint8_t* const memory = from.bytes().data();
    Buffer to(std::move(from));
    EXPECT(to.bytes().data() == memory);
    EXPECT(to.size() == 10);
  }
}

}  // namespace
}  // namespace sallyport::base
