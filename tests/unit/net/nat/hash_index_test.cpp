#include "net/nat/hash_index.h"

#include <map>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::net {
namespace {

constexpr auto kAny = [](std::uint32_t) { return true; };

TEST_SUITE("net/nat/hash_index") {
  TEST_CASE("an empty index finds nothing") {
    HashIndex index;
    EXPECT_FALSE(index.find(0, kAny).has_value());
    EXPECT(index.size() == 0);
  }

  TEST_CASE("records with one hash are told apart by their keys") {
    HashIndex index;
    for (std::uint32_t id = 0; id < 10; ++id) index.insert(0x1234, id);
    for (std::uint32_t id = 0; id < 10; ++id) {
      EXPECT(index.find(0x1234, [id](std::uint32_t each) { return each == id; }) == id);
    }
    EXPECT_FALSE(index.find(0x1234, [](std::uint32_t) { return false; }).has_value());
    EXPECT_FALSE(index.find(0x1234 + 64, kAny).has_value());
  }

  TEST_CASE("behaves like a map through growth, collisions and removals") {
    // Few different hashes, so that runs are long and wrap around the end.
    for (const std::uint32_t spread : {7u, 1000u, 0xffff'ffffu}) {
      testing::CountingRng rng;
      HashIndex index;
      std::map<std::uint32_t, std::uint32_t> hashes;
      std::uint32_t next_id = 0;
      for (int step = 0; step < 20000; ++step) {
        if (hashes.empty() || base::random_below(rng, 100) < (step < 10000 ? 60u : 40u)) {
          const std::uint32_t hash = 0xffff'fff0 + base::random_below(rng, spread);
          index.insert(hash, next_id);
          hashes.emplace(next_id++, hash);
        } else {
          auto victim = hashes.lower_bound(base::random_below(rng, next_id));
          if (victim == hashes.end()) victim = hashes.begin();
          index.erase(victim->second, victim->first);
          hashes.erase(victim);
        }
        REQUIRE(index.size() == hashes.size());
        if (step % 500 != 0) continue;
        for (const auto& entry : hashes) {
          const auto is_it = [&entry](std::uint32_t each) { return each == entry.first; };
          REQUIRE(index.find(entry.second, is_it) == entry.first);
        }
      }
    }
  }

  TEST_CASE("memory goes back as entries go, and those that remain are found") {
    HashIndex index;
    const auto hash = [](std::uint32_t id) { return id * 2654435761u; };
    for (std::uint32_t id = 0; id < 10'000; ++id) index.insert(hash(id), id);
    EXPECT(index.capacity() >= 15'000);
    for (std::uint32_t id = 10; id < 10'000; ++id) index.erase(hash(id), id);
    EXPECT(index.capacity() <= 128);
    for (std::uint32_t id = 0; id < 10; ++id)
      EXPECT(index.find(hash(id), [id](std::uint32_t each) { return each == id; }) == id);
  }

  TEST_CASE("clearing forgets everything and begins anew") {
    HashIndex index;
    for (std::uint32_t id = 0; id < 1000; ++id) index.insert(id, id);
    index.clear();
    EXPECT_FALSE(index.find(5, kAny).has_value());
    index.insert(5, 6);
    EXPECT(index.find(5, kAny) == 6);
  }
}

}  // namespace
}  // namespace sallyport::net
