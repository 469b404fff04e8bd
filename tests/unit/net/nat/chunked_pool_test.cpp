#include "net/nat/chunked_pool.h"

#include <set>

#include "test.h"

namespace sallyport::net {
namespace {

using Pool = ChunkedPool<int>;

TEST_SUITE("net/nat/chunked_pool") {
  TEST_CASE("records stay where they are while others come") {
    Pool pool;
    const std::uint32_t first = pool.allocate();
    pool[first] = 42;
    const int* const place = &pool[first];
    for (int i = 0; i < 10000; ++i) pool[pool.allocate()] = i;
    EXPECT(&pool[first] == place);
    EXPECT(*place == 42);
    EXPECT(pool.size() == 10001);
  }

  TEST_CASE("a reference outlives its record without naming the next one") {
    Pool pool;
    const std::uint32_t id = pool.allocate();
    const Pool::Ref old = pool.ref(id);
    EXPECT(pool.is_live(old));
    pool.release(id);
    EXPECT_FALSE(pool.is_live(old));
    EXPECT(pool.allocate() == id);
    EXPECT_FALSE(pool.is_live(old));
    EXPECT(pool[id] == 0);
    const Pool::Ref current = pool.ref(id);
    pool.clear();
    EXPECT_FALSE(pool.is_live(current));
    EXPECT(pool.allocate() == id);
    EXPECT_FALSE(pool.is_live(current));
  }

  TEST_CASE("no reference names no record") {
    Pool pool;
    EXPECT_FALSE(pool.is_live(Pool::Ref{}));
    (void)pool.allocate();
    EXPECT_FALSE(pool.is_live(Pool::Ref{}));
    EXPECT_FALSE(pool.is_live(Pool::Ref{.id = 123456, .generation = 1}));
  }

  TEST_CASE("memory goes back as records go, whichever remain, and references stay good") {
    ChunkedPool<int> pool;
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 10'000; ++i) {
      ids.push_back(pool.allocate());
      pool[ids.back()] = i;
    }
    EXPECT(pool.capacity() >= 10'000);
    const auto gone = pool.ref(ids[7000]);
    const auto kept = pool.ref(ids[9000]);
    for (int i = 0; i < 10'000; ++i) {
      if (i % 3000 != 0) pool.release(ids[static_cast<std::size_t>(i)]);
    }
    EXPECT(pool.size() == 4);
    EXPECT(pool.capacity() <= 5 * 256);
    EXPECT_FALSE(pool.is_live(gone));
    EXPECT(pool.is_live(kept));
    EXPECT(pool[kept.id] == 9000);
    for (int i = 0; i < 10'000; ++i) pool.allocate();
    EXPECT(pool.size() == 10'004);
    EXPECT_FALSE(pool.is_live(gone));
    EXPECT(pool.is_live(kept));
    EXPECT(pool[kept.id] == 9000);
  }

  TEST_CASE("numbers are used again before memory grows") {
    Pool pool;
    std::set<std::uint32_t> ids;
    for (int i = 0; i < 256; ++i) ids.insert(pool.allocate());
    const std::uint32_t limit = pool.limit();
    for (const std::uint32_t id : ids) pool.release(id);
    for (int i = 0; i < 256; ++i) EXPECT(ids.contains(pool.allocate()));
    EXPECT(pool.limit() == limit);
  }
}

}  // namespace
}  // namespace sallyport::net
