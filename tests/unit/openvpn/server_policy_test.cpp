// Who may come in, and what a client gets: key policy, users, addresses, ciphers, pushes.
#include <set>

#include "counting_rng.h"
#include "openvpn/rate_limit.h"
#include "openvpn/server/address_pool.h"
#include "openvpn/server/client_abilities.h"
#include "openvpn/server/inside_routes.h"
#include "openvpn/server/key_policy.h"
#include "openvpn/server/password_queue.h"
#include "openvpn/server/push_reply.h"
#include "openvpn/server/user_list.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;
using Verdict = KeyPolicy::Verdict;

constexpr base::WallTime kNow(seconds(1'800'000'000));

UnwrappedClientKey key_with(const KeyMetadata& metadata) {
  testing::CountingRng rng;
  return {StaticKey::random(rng), serialize(metadata)};
}

UserMetadata text(std::string_view words) {
  return {{words.begin(), words.end()}};
}

PoolOptions small_pool(std::uint32_t first, std::uint32_t last) {
  PoolOptions pool;
  pool.network = *base::IpPrefix::parse("10.8.0.0/24");
  pool.own = *base::IpAddress::parse("10.8.0.1");
  const std::uint32_t base = pool.network.address().v4_value();
  pool.first = base + first;
  pool.last = base + last;
  pool.network6 = base::IpPrefix::parse("fd00:8::/64");
  pool.own6 = *base::IpAddress::parse("fd00:8::1");
  pool.first6 = *base::IpAddress::parse("fd00:8::1000");
  pool.size6 = 65'536;
  return pool;
}

TEST_SUITE("openvpn/server_policy") {
  TEST_CASE("a key is judged by its age, and one that says nothing of its age is refused") {
    KeyPolicy policy;
    const auto old = key_with(TimestampMetadata{kNow - std::chrono::days(31)});
    const auto young = key_with(TimestampMetadata{kNow - std::chrono::days(29)});
    EXPECT(policy.judge(old, kNow) == Verdict::kGood);
    policy.max_age = std::chrono::days(30);
    EXPECT(policy.judge(old, kNow) == Verdict::kTooOld);
    EXPECT(policy.judge(young, kNow) == Verdict::kGood);
    EXPECT(policy.judge(key_with(text("x")), kNow) == Verdict::kNoTimestamp);
    EXPECT(policy.judge(key_with(OtherMetadata{}), kNow) == Verdict::kNoTimestamp);
  }

  TEST_CASE("lists of user metadata allow and deny, and a fingerprint revokes whatever they say") {
    KeyPolicy policy;
    policy.denied = {"bob"};
    EXPECT(policy.judge(key_with(text("bob")), kNow) == Verdict::kDenied);
    EXPECT(policy.judge(key_with(text("bobby")), kNow) == Verdict::kGood);
    policy.allowed = {"alice", "bob"};
    EXPECT(policy.judge(key_with(text("alice")), kNow) == Verdict::kGood);
    EXPECT(policy.judge(key_with(text("bob")), kNow) == Verdict::kDenied);
    EXPECT(policy.judge(key_with(text("carol")), kNow) == Verdict::kNotAllowed);
    EXPECT(policy.judge(key_with(TimestampMetadata{kNow}), kNow) == Verdict::kNotAllowed);
    const auto alice = key_with(text("alice"));
    policy.revoked.insert(fingerprint_of(alice.key));
    EXPECT(policy.judge(alice, kNow) == Verdict::kRevoked);
  }

  TEST_CASE("R38: a password is right or wrong, an empty one and an unknown name are wrong") {
    testing::CountingRng rng;
    const PasswordHash hash = PasswordHash::make("wonderland", rng);
    const auto users = UserList::parse("# who\n\nalice:" + hash.to_string() + "\r\n");
    REQUIRE(users.has_value());
    EXPECT(users->hash_for("alice").matches("wonderland"));
    EXPECT_FALSE(users->hash_for("alice").matches("wonderlan"));
    EXPECT_FALSE(users->hash_for("alice").matches(""));
    EXPECT_FALSE(users->hash_for("bob").matches("wonderland"));
    const PasswordHash empty = PasswordHash::make("", rng);
    EXPECT_FALSE(empty.matches(""));
  }

  TEST_CASE("a hash that was made elsewhere is taken") {
    // RFC 7914, section 12: "pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1; its first
    // 32 bytes.
    const auto users = UserList::parse(
        "rfc:$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
        "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI");
    REQUIRE(users.has_value());
    EXPECT(users->hash_for("rfc").matches("pleaseletmein"));
  }

  TEST_CASE("a list of users with a line that is none is refused, with the line's number") {
    for (
        const char* line :
        {"alice", "alice:", "alice:secret", ":$scrypt$ln=1,r=8,p=1$AAAAAAAAAAAA$AAAA",
         "alice:$scrypt$ln=99,r=8,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "a/b:$scrypt$ln=1,r=8,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
      CAPTURE(line);
      const auto users = UserList::parse("# first\n" + std::string(line));
      REQUIRE_FALSE(users.has_value());
      EXPECT(users.error().starts_with("line 2"));
    }
  }

  TEST_CASE("addresses follow from names, are given once, and come back") {
    AddressPool pool(small_pool(2, 254), Topology::kSubnet);
    const auto alice = pool.take("alice", nullptr);
    REQUIRE(alice.has_value());
    EXPECT(alice->second == *base::IpAddress::parse("255.255.255.0"));
    pool.give_back(*alice);
    EXPECT(pool.take("alice", nullptr) == alice);
    std::set<base::IpAddress> given{alice->v4}, given6{*alice->v6};
    for (std::size_t i = 1; i < pool.capacity(); ++i) {
      const auto next = pool.take("client " + std::to_string(i), nullptr);
      REQUIRE(next.has_value());
      EXPECT(given.insert(next->v4).second);
      EXPECT(given6.insert(*next->v6).second);
    }
    EXPECT_FALSE(pool.take("late", nullptr).has_value());
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.1")));
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.255")));
  }

  TEST_CASE("net30 gives each client four addresses, and a fixed address is nobody else's") {
    AddressPool pool(small_pool(4, 251), Topology::kNet30);
    EXPECT(pool.capacity() == 62);
    const auto client = pool.take("x", nullptr);
    EXPECT(client->v4.v4_value() % 4 == 2);
    EXPECT(client->second.v4_value() == client->v4.v4_value() - 1);

    AddressPool subnet(small_pool(2, 254), Topology::kSubnet);
    ClientConfig fixed;
    fixed.address = base::IpAddress::parse("10.8.0.99");
    EXPECT(subnet.take("alice", &fixed)->v4 == *fixed.address);
    EXPECT_FALSE(subnet.take("bob", &fixed).has_value());
  }

  TEST_CASE("what is fixed for somebody is given to nobody else") {
    AddressPool pool(small_pool(2, 4), Topology::kSubnet);
    ClientConfig fixed;
    fixed.address = base::IpAddress::parse("10.8.0.3");
    pool.keep_for_owners({*fixed.address});
    EXPECT(pool.take("alice", nullptr)->v4 != *fixed.address);
    EXPECT(pool.take("bob", nullptr)->v4 != *fixed.address);
    EXPECT_FALSE(pool.take("carol", nullptr).has_value());
    EXPECT(pool.take("owner", &fixed)->v4 == *fixed.address);
  }

  TEST_CASE("passwords of clients that are in come first, and places take turns") {
    PasswordQueue queue;
    const auto add = [&](std::uint64_t number, const char* source, bool rekey = false) {
      PasswordCheck check{.client = PeerId(static_cast<std::uint32_t>(number)),
                          .number = number,
                          .source = *base::IpAddress::parse(source),
                          .rekey = rekey};
      return queue.add(check);
    };
    const auto next = [&] { return queue.next()->number; };
    for (std::uint64_t number = 0; number < PasswordQueue::kMostOfOnePlace; ++number)
      REQUIRE(add(number, "2001:db8::1"));
    EXPECT_FALSE(add(1000, "2001:db8::2"));
    EXPECT(add(2000, "192.0.2.1"));
    EXPECT(add(3000, "2001:db8::1", /*rekey=*/true));
    EXPECT(next() == 3000);
    EXPECT(next() == 0);
    EXPECT(next() == 2000);
    EXPECT(next() == 1);
    // There is room for all places together, not for more.
    std::size_t taken = 0;
    for (std::uint32_t i = 0; i < 2000; ++i)
      taken += add(4000 + i, base::IpAddress::v4(0x0a000000 + i).to_string().c_str());
    EXPECT(taken == PasswordQueue::kMostWaiting - (PasswordQueue::kMostOfOnePlace - 2));
    // A client's newest rekey is the one that counts.
    PasswordCheck again{.client = PeerId(7), .number = 9001, .rekey = true};
    EXPECT(queue.add(again));
    again = {.client = PeerId(7), .number = 9002, .rekey = true};
    EXPECT(queue.add(again));
    EXPECT(next() == 9002);
    for (std::size_t left = PasswordQueue::kMostWaiting; left-- > 0;) REQUIRE(queue.next());
    EXPECT(queue.empty());
    EXPECT_FALSE(queue.next().has_value());
  }

  TEST_CASE("a fixed IPv6 address is nobody else's, whether it was fixed or given first") {
    AddressPool pool(small_pool(2, 254), Topology::kSubnet);
    const auto alice = pool.take("alice", nullptr);
    REQUIRE((alice && alice->v6));
    ClientConfig fixed;
    fixed.address6 = alice->v6;
    EXPECT_FALSE(pool.take("bob", &fixed).has_value());
    pool.give_back(*alice);
    const auto bob = pool.take("bob", &fixed);
    REQUIRE(bob.has_value());
    EXPECT(bob->v6 == alice->v6);
    EXPECT_FALSE(pool.take("carol", &fixed).has_value());
    // What comes with her IPv4 address is his.
    const auto again = pool.take("alice", nullptr);
    REQUIRE(again.has_value());
    EXPECT(again->v6 != bob->v6);
    // And what did not come to be given keeps no place taken.
    fixed.address = alice->v4;
    pool.give_back(*bob);
    EXPECT(pool.take("carol", &fixed).has_value());
  }

  TEST_CASE(
      "the server's order decides the cipher, and a client that says nothing gets the fallback") {
    using enum DataCipher;
    const auto negotiate = [](std::string_view peer_info, std::string_view options = "V4") {
      return negotiate_cipher({kChaCha20Poly1305, kAes256Gcm}, kAes128Gcm,
                              ClientAbilities::parse(peer_info, options));
    };
    EXPECT(negotiate("IV_CIPHERS=AES-256-GCM:CHACHA20-POLY1305\n") == kChaCha20Poly1305);
    EXPECT(negotiate("IV_CIPHERS=AES-256-GCM\n") == kAes256Gcm);
    EXPECT_FALSE(negotiate("IV_CIPHERS=AES-128-GCM\n").has_value());
    EXPECT(negotiate("IV_NCP=2\n") == kAes256Gcm);
    EXPECT(negotiate("", "V4,cipher AES-256-GCM,auth SHA1") == kAes256Gcm);
    EXPECT(negotiate("") == kAes128Gcm);
    // Who lists what nobody here knows has said what it takes.
    EXPECT_FALSE(negotiate("IV_CIPHERS=KUZNYECHIK-GCM\n").has_value());
  }

  TEST_CASE("compress migrate: who has compression is told to go without, as far as it can") {
    constexpr std::string_view kNew = "IV_VER=2.6.14\nIV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
    constexpr std::string_view kOld = "IV_VER=2.3.18\nIV_LZO=1\n";
    constexpr std::string_view kHas = "V4,dev-type tun,comp-lzo,auth SHA1";
    constexpr std::string_view kHasNot = "V4,dev-type tun,comp-lzo-like,auth SHA1";
    struct Row {
      std::string_view peer_info, options;
      bool migrate;
      CompressionFraming framing;
      std::string pushed;
    };
    for (const Row& row : {Row{kNew, kHas, true, CompressionFraming::kStubV2, "compress stub-v2"},
                           Row{kOld, kHas, true, CompressionFraming::kLzo, "comp-lzo no"},
                           Row{"", kHas, true, CompressionFraming::kLzo, "comp-lzo no"},
                           Row{kNew, kHasNot, true, CompressionFraming::kNone, ""},
                           Row{kNew, "", true, CompressionFraming::kNone, ""},
                           Row{kNew, kHas, false, CompressionFraming::kStubV2, ""}}) {
      CAPTURE(row.pushed);
      ServerConfig config;
      config.migrate_compression = row.migrate;
      const auto abilities = ClientAbilities::parse(row.peer_info, row.options);
      TunnelOptions agreed;
      agreed.cipher = DataCipher::kAes256Gcm;
      agreed.compression = migrated_framing(abilities);
      EXPECT(agreed.compression == row.framing);
      std::string pushed;
      for (const std::string& option :
           push_options({config, nullptr, abilities, {}, agreed, {}, {}})) {
        if (option.starts_with("comp")) pushed += option;
      }
      EXPECT(pushed == row.pushed);
    }
  }

  TEST_CASE("what a client does not announce is not switched on for it, and nonsense is nothing") {
    EXPECT_FALSE(flags_for(ClientAbilities::parse("IV_PROTO=2\n", "")).tls_ekm);
    const ProtocolFlags modern = flags_for(ClientAbilities::parse("IV_PROTO=990\n", ""));
    EXPECT(modern.tls_ekm);
    EXPECT(modern.cc_exit);
    EXPECT(modern.dynamic_tls_crypt);
    for (const char* odd :
         {"IV_PROTO=-1\n", "IV_PROTO=99999999999\n", "IV_PROTO\n", "=\n", "\n\n\n"})
      EXPECT(ClientAbilities::parse(odd, "").protocol == 0);
    EXPECT(ClientAbilities::parse("IV_VER=\x1b[31m\n", "").version.find('\x1b') ==
           std::string::npos);
  }

  TEST_CASE(
      "a long push goes out in parts that clients can read, and nothing is lost between them") {
    std::vector<std::string> options;
    for (int i = 0; i < 300; ++i) options.push_back("route 172.20." + std::to_string(i) + ".0");
    const auto messages = push_messages(options);
    std::size_t found = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      EXPECT(messages[i].size() < kMaxPushMessage);
      EXPECT(messages[i].starts_with("PUSH_REPLY,"));
      const bool last = i + 1 == messages.size();
      EXPECT(messages[i].ends_with(last ? ",push-continuation 1" : ",push-continuation 2"));
      for (std::size_t at = 0; (at = messages[i].find(",route", at)) != std::string::npos; ++at)
        ++found;
    }
    EXPECT(found == options.size());
    EXPECT(push_messages({"ping 1"}) == std::vector<std::string>{"PUSH_REPLY,ping 1"});
  }

  TEST_CASE("the longest network behind a client counts, and all of a client goes with it") {
    InsideRoutes routes;
    const auto address = [](std::string_view words) { return *base::IpAddress::parse(words); };
    routes.add_network(*base::IpPrefix::parse("192.168.0.0/16"), PeerId(1));
    routes.add_network(*base::IpPrefix::parse("192.168.9.0/24"), PeerId(2));
    routes.add_host(address("192.168.9.9"), PeerId(3));
    EXPECT(routes.find(address("192.168.1.1")) == PeerId(1));
    EXPECT(routes.find(address("192.168.9.1")) == PeerId(2));
    EXPECT(routes.find(address("192.168.9.9")) == PeerId(3));
    EXPECT_FALSE(routes.find(address("10.0.0.1")).has_value());
    routes.remove(PeerId(2));
    EXPECT(routes.find(address("192.168.9.1")) == PeerId(1));
  }

  TEST_CASE("a rate limit lets so many through in each period") {
    RateLimit limit(3, seconds(10));
    base::Instant now(seconds(100));
    for (int i = 0; i < 3; ++i) {
      REQUIRE(limit.has_room(now));
      limit.take();
    }
    EXPECT_FALSE(limit.has_room(now + seconds(9)));
    EXPECT(limit.has_room(now + seconds(10)));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
