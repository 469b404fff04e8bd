#include "base/secret.h"

#include <algorithm>
#include <type_traits>

#include "test.h"

namespace sallyport::base {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes> &&
              !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_copy_constructible_v<SecretArray<32>>);

bool all_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

TEST_SUITE("base/secret") {
  TEST_CASE("moving an array leaves zeros behind") {
    SecretArray<4> from(bytes_of("abcd"));
    SecretArray<4> to(std::move(from));
    EXPECT(text_of(to.reveal()) == "abcd");
    EXPECT(all_zero(from.reveal()));  // NOLINT(bugprone-use-after-move): the point of the test
  }

  TEST_CASE("an empty secret can be wiped, cloned and assigned to") {
    SecretBytes empty;
    wipe(empty.reveal_mutable());
    EXPECT(empty.clone().empty());
    empty = SecretBytes(std::string_view("full"));
    EXPECT(empty.reveal_text() == "full");
  }

  TEST_CASE("assigning over a secret takes the other one's place and leaves nothing there") {
    SecretBytes old(std::string_view("old secret"));
    SecretBytes fresh(std::string_view("new"));
    old = std::move(fresh);
    EXPECT(old.reveal_text() == "new");
    EXPECT(fresh.empty());  // NOLINT(bugprone-use-after-move)
  }

  TEST_CASE("a clone is a second, independent secret") {
    SecretBytes one(std::string_view("key"));
    SecretBytes two = one.clone();
    wipe(one.reveal_mutable());
    EXPECT(two.reveal_text() == "key");
    EXPECT(all_zero(one.reveal()));
  }
}

}  // namespace
}  // namespace sallyport::base
