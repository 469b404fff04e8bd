#include "net/nat/index_lists.h"

#include "test.h"

namespace sallyport::net {
namespace {

std::vector<std::uint32_t> drained(IndexLists& lists, std::uint32_t list) {
  std::vector<std::uint32_t> ids;
  while (const auto id = lists.front(list)) {
    ids.push_back(*id);
    lists.remove(*id);
  }
  return ids;
}

TEST_SUITE("net/nat/index_lists") {
  TEST_CASE("each list keeps its order") {
    IndexLists lists(3);
    for (const std::uint32_t id : {5u, 1u, 9u}) lists.push_back(0, id);
    for (const std::uint32_t id : {2u, 0u}) lists.push_back(2, id);
    EXPECT(lists.size(0) == 3);
    EXPECT(lists.size(1) == 0);
    EXPECT(lists.list_of(0) == 2);
    EXPECT_FALSE(lists.list_of(3).has_value());
    EXPECT(drained(lists, 0) == std::vector<std::uint32_t>{5, 1, 9});
    EXPECT(drained(lists, 1).empty());
    EXPECT(drained(lists, 2) == std::vector<std::uint32_t>{2, 0});
  }

  TEST_CASE("a number leaves from anywhere and may come back elsewhere") {
    for (const std::uint32_t leaver : {1u, 2u, 3u}) {
      IndexLists lists(2);
      for (const std::uint32_t id : {1u, 2u, 3u}) lists.push_back(0, id);
      lists.remove(leaver);
      EXPECT_FALSE(lists.list_of(leaver).has_value());
      lists.push_back(1, leaver);
      EXPECT(lists.size(0) == 2);
      EXPECT(drained(lists, 1) == std::vector<std::uint32_t>{leaver});
      for (const std::uint32_t id : drained(lists, 0)) EXPECT(id != leaver);
    }
  }

  TEST_CASE("clearing empties all lists") {
    IndexLists lists(2);
    lists.push_back(0, 1);
    lists.push_back(1, 2);
    lists.clear();
    EXPECT_FALSE(lists.front(0).has_value());
    EXPECT_FALSE(lists.list_of(2).has_value());
    lists.push_back(0, 2);
    EXPECT(lists.front(0) == 2);
  }
}

}  // namespace
}  // namespace sallyport::net
