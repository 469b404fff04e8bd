#include "net/dns/message.h"

#include <algorithm>

#include "base/endian.h"
#include "dns_reply.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ip;

struct Exchange {
  ByteVector query;
  ByteVector answer;
  std::uint16_t id() const { return base::load_u16(query, 0); }
};

// What dig asked and dnsmasq answered (tests/data/dns/make.sh), in that order.
Exchange exchange(std::size_t number) {
  constexpr std::size_t kHeaders = 14 + 20 + 8;
  const auto frames = testing::read_pcap("dns/answers.pcap");
  const auto payload = [&](std::size_t at) {
    return ByteVector(frames.at(at).begin() + kHeaders, frames.at(at).end());
  };
  return {payload(2 * number), payload(2 * number + 1)};
}
enum : std::size_t {
  kTwo,
  kSix,
  kOnly4,
  kOnly4Six,
  kAlias,
  kSecond,
  kSecondSix,
  kMixed,
  kMany,
  kNone,
  kElsewhere
};

DnsQuestion a(std::string name) {
  return {std::move(name), DnsType::kA};
}
DnsQuestion aaaa(std::string name) {
  return {std::move(name), DnsType::kAaaa};
}

std::expected<DnsAnswer, DnsError> parse(std::size_t number, const DnsQuestion& question) {
  const Exchange each = exchange(number);
  return parse_dns_answer(each.answer, each.id(), question);
}

std::vector<IpAddress> sorted(std::vector<IpAddress> addresses) {
  std::ranges::sort(addresses);
  return addresses;
}

TEST_SUITE("net/dns/message") {
  TEST_CASE("a question is what dig asks, but for a flag") {
    const std::pair<std::size_t, DnsQuestion> all[] = {
        {kTwo, a("www.example")}, {kSix, aaaa("www.example")}, {kElsewhere, a("elsewhere.test")}};
    for (const auto& [number, question] : all) {
      Exchange real = exchange(number);
      EXPECT(real.query[3] == 0x20);  // AD (RFC 6840 5.7), of no use without DNSSEC
      real.query[3] = 0;
      EXPECT(write_dns_query(real.id(), question) == real.query);
    }
  }

  TEST_CASE("dnsmasq's answers give their addresses") {
    const auto two = parse(kTwo, a("www.example"));
    REQUIRE(two);
    EXPECT(sorted(two->addresses) == std::vector{ip("198.51.100.7"), ip("198.51.100.8")});
    EXPECT(two->time_to_live == std::chrono::seconds(300));
    EXPECT(parse(kSix, aaaa("www.example"))->addresses == std::vector{ip("2001:db8::7")});
    EXPECT(parse(kOnly4, a("only4.example"))->addresses == std::vector{ip("192.0.2.1")});
  }

  TEST_CASE("no such name, and no address of that kind, are answers too") {
    for (const auto& answer :
         {parse(kNone, a("none.example")), parse(kOnly4Six, aaaa("only4.example"))}) {
      REQUIRE(answer);
      EXPECT(answer->addresses.empty());
      EXPECT(answer->time_to_live == base::Duration::zero());
    }
    EXPECT(parse(kElsewhere, a("elsewhere.test")).error() == DnsError::kRefused);
  }

  TEST_CASE("aliases are followed, and the shortest life on the way counts") {
    const auto alias = parse(kAlias, a("alias.example"));
    REQUIRE(alias);
    EXPECT(sorted(alias->addresses) == std::vector{ip("198.51.100.7"), ip("198.51.100.8")});
    EXPECT(alias->time_to_live == std::chrono::seconds(60));
    EXPECT(parse(kSecond, a("second.example"))->time_to_live == std::chrono::seconds(20));
    EXPECT(parse(kSecondSix, aaaa("second.example"))->addresses == std::vector{ip("2001:db8::7")});
  }

  TEST_CASE("names are the same in capitals, and a truncated answer counts for what it holds") {
    EXPECT(parse(kMixed, a("mixed.example"))->addresses == std::vector{ip("192.0.2.9")});
    EXPECT(parse(kMany, a("many.example"))->addresses.size() == 30);
  }

  TEST_CASE("only the answer to this very question is one") {
    const Exchange each = exchange(kTwo);
    const auto error = [&](std::uint16_t id, const DnsQuestion& question) {
      return parse_dns_answer(each.answer, id, question).error();
    };
    EXPECT(error(static_cast<std::uint16_t>(each.id() + 1), a("www.example")) ==
           DnsError::kNotOurs);
    EXPECT(error(each.id(), a("wwv.example")) == DnsError::kNotOurs);
    EXPECT(error(each.id(), aaaa("www.example")) == DnsError::kNotOurs);
    EXPECT(parse_dns_answer(each.query, each.id(), a("www.example")).error() == DnsError::kNotOurs);
  }

  TEST_CASE("an address of another name is not taken") {
    Exchange each = exchange(kTwo);
    // The first record's name, a pointer to the question's: now to its second label.
    REQUIRE(base::load_u16(each.answer, 29) == 0xc00c);
    each.answer[30] = 0x10;
    const auto answer = parse_dns_answer(each.answer, each.id(), a("www.example"));
    REQUIRE(answer);
    EXPECT(answer->addresses.size() == 1);
  }

  TEST_CASE("whatever is cut off, nothing is read beyond the end and no wrong address comes out") {
    for (std::size_t number = kTwo; number <= kElsewhere; ++number) {
      const Exchange each = exchange(number);
      for (std::size_t size = 0; size < each.answer.size(); ++size) {
        // A copy of just that size: the sanitizer sees a step beyond it.
        const ByteVector cut(each.answer.begin(),
                             each.answer.begin() + static_cast<std::ptrdiff_t>(size));
        const auto answer = parse_dns_answer(cut, each.id(), a("www.example"));
        EXPECT_FALSE(answer);
      }
    }
  }

  TEST_CASE("pointers that go in circles or forward end the message") {
    Exchange each = exchange(kTwo);
    for (const std::uint16_t target : testing::Words{29, 30, 31, 45, 60, 500, 16383}) {
      base::store_u16(each.answer, 29, static_cast<std::uint16_t>(0xc000 | target));
      EXPECT(parse_dns_answer(each.answer, each.id(), a("www.example")).error() ==
             DnsError::kMalformed);
    }
  }

  TEST_CASE("an IPv4 address in IPv6 clothes is none") {
    const ByteVector query = write_dns_query(7, aaaa("www.example"));
    ByteVector answer = testing::dns_reply(query, {{ip("2001:db8::1")}});
    const ByteVector mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    std::ranges::copy(mapped, answer.end() - 16);
    EXPECT(parse_dns_answer(answer, 7, aaaa("www.example"))->addresses.empty());
  }

  TEST_CASE("aliases in a circle lead nowhere") {
    const ByteVector query = write_dns_query(7, a("a"));
    ByteVector answer(query);
    answer[2] |= 0x80;
    answer[7] = 1;
    // "a" is an alias of "a".
    for (const unsigned byte : {0xc0U, 12U, 0U, 5U, 0U, 1U, 0U, 0U, 0U, 9U, 0U, 2U, 0xc0U, 12U}) {
      answer.push_back(static_cast<std::uint8_t>(byte));
    }
    const auto parsed = parse_dns_answer(answer, 7, a("a"));
    REQUIRE(parsed);
    EXPECT(parsed->addresses.empty());
  }
}

}  // namespace
}  // namespace sallyport::net
