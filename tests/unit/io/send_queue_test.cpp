#include "io/send_queue.h"

#include <string>

#include "test.h"

namespace sallyport::io {
namespace {

TEST_SUITE("io/send_queue") {
  TEST_CASE("what was not sent waits, in order") {
    SendQueue queue(10);
    EXPECT(queue.empty());
    REQUIRE(queue.add(base::bytes_of("hello")));
    queue.sent(2);
    EXPECT(base::text_of(queue.waiting()) == "llo");
    REQUIRE(queue.add(base::bytes_of(" you")));
    EXPECT(base::text_of(queue.waiting()) == "llo you");
    queue.sent(7);
    EXPECT(queue.empty());
  }

  TEST_CASE("there is room for the limit, and for no part of more") {
    SendQueue queue(10);
    REQUIRE(queue.add(base::bytes_of("0123456789")));
    EXPECT_FALSE(queue.add(base::bytes_of("x")));
    queue.sent(3);
    EXPECT_FALSE(queue.add(base::bytes_of("four")));
    EXPECT(queue.waiting().size() == 7);
    EXPECT(queue.add(base::bytes_of("abc")));
    EXPECT(base::text_of(queue.waiting()) == "3456789abc");
  }
}

}  // namespace
}  // namespace sallyport::io
