#include "base/secret_queue.h"

#include <algorithm>
#include <string>

#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/secret_queue") {
  TEST_CASE("bytes come out in the order they went in, whatever is taken between") {
    SecretQueue queue;
    std::string expected;
    for (int round = 0; round < 50; ++round) {
      const std::string more(static_cast<std::size_t>(round), static_cast<char>('a' + round % 26));
      queue.append(bytes_of(more));
      expected += more;
      const std::size_t taken = expected.size() / 3;
      queue.consume(taken);
      expected.erase(0, taken);
      REQUIRE(text_of(queue.reveal()) == expected);
    }
    queue.consume(queue.size());
    EXPECT(queue.reveal().empty());
  }

  TEST_CASE("what was taken is not left behind") {
    SecretQueue queue;
    queue.append(bytes_of("user and password"));
    const Bytes space = queue.reveal();
    queue.consume(9);
    EXPECT(text_of(space.first(8)) == "password");
    // The space is still the queue's own.
    EXPECT(std::ranges::all_of(space.subspan(8), [](std::uint8_t byte) { return byte == 0; }));
  }
}

}  // namespace
}  // namespace sallyport::base
