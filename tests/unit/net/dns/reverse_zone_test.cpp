#include "net/dns/reverse_zone.h"

#include <array>
#include <string>
#include <string_view>

#include "base/hex.h"
#include "base/qubes_ranges.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;

constexpr std::string_view kNibbles = ".9.7.1.4.f.e.4.2.9.0.d.f.ip6.arpa";

// As dig writes it: one question, and EDNS behind it.
ByteVector query(std::string_view name, std::uint8_t type = 12, bool edns = true) {
  ByteVector message{0x12, 0x34, 0x01, 0x20, 0, 1,
                     0,    0,    0,    0,    0, edns ? std::uint8_t{1} : std::uint8_t{0}};
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    message.push_back(static_cast<std::uint8_t>(label.size()));
    message.insert(message.end(), label.begin(), label.end());
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  const ByteVector question{0, 0, type, 0, 1};
  message.insert(message.end(), question.begin(), question.end());
  const ByteVector option{0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
  if (edns) message.insert(message.end(), option.begin(), option.end());
  return message;
}

bool is_answered(std::string_view name) {
  return answer_for_reverse_zones(query(name), base::qubes_ranges()).has_value();
}

TEST_SUITE("net/dns_reverse_zone") {
  TEST_CASE("a name of one of Qubes' addresses does not exist, whatever is asked of it") {
    for (const std::uint8_t type : {std::uint8_t{12}, std::uint8_t{1}, std::uint8_t{255}}) {
      const auto answer =
          answer_for_reverse_zones(query("10.0.137.10.in-addr.arpa", type), base::qubes_ranges());
      REQUIRE(answer.has_value());
      ByteVector wanted = query("10.0.137.10.in-addr.arpa", type, false);
      // A response, recursion wanted and available, NXDOMAIN.
      wanted[2] = 0x81;
      wanted[3] = 0x83;
      EXPECT(*answer == wanted);
    }
  }

  TEST_CASE("these are 10.137, 10.138 and 10.139, fd09:24ef:4179::/48, and nothing beside them") {
    for (const char* name :
         {"1.1.139.10.in-addr.arpa", "137.10.in-addr.arpa", "9.138.10.in-addr.arpa",
          "1.2.3.4.5.137.10.in-addr.arpa", "10.0.137.10.IN-ADDR.aRPa"})
      EXPECT(is_answered(name));
    for (const char* name :
         {"10.in-addr.arpa", "1.1.136.10.in-addr.arpa", "1.1.140.10.in-addr.arpa",
          "1.1.37.10.in-addr.arpa", "137.10.in-addr.arpa.example", "137.10.ip6.arpa",
          "10.137.in-addr.arpa", "arpa", "in-addr.arpa", "www.example", "", "x137.10.in-addr.arpa",
          "10.137.0.10"})
      EXPECT(!is_answered(name));
    EXPECT(is_answered("a" + std::string(kNibbles)));
    EXPECT(is_answered(kNibbles.substr(1)));
    EXPECT(!is_answered(kNibbles.substr(3)));
    EXPECT(!is_answered("8" + std::string(kNibbles.substr(2))));
  }

  TEST_CASE("what glibc asks for an address's name is answered, in both families") {
    // getent hosts 10.137.0.10 and fd09:24ef:4179::a89:a, with glibc 2.36 and EDNS.
    for (const std::string_view asked :
         {"18a20100000100000000000102313001300331333702313007696e2d61646472046172706100000c0001"
          "00002904b0000000000000",
          "bb5c010000010000000000010161013001300130013901380161013001300130013001300130013001300130"
          "013001300130013001390137013101340166016501340132013901300164016603697036046172706100000c"
          "000100002904b0000000000000"}) {
      const auto query = base::hex_decode(asked);
      REQUIRE(query.has_value());
      EXPECT(answer_for_reverse_zones(*query, base::qubes_ranges()));
    }
  }

  TEST_CASE("what is no plain query is left to the resolver, in every length") {
    const ByteVector whole = query("10.0.137.10.in-addr.arpa", 12, false);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const ByteVector part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT(!answer_for_reverse_zones(part, base::qubes_ranges()));
    }
    struct Row {
      std::size_t at;
      std::uint8_t value;
    };
    // A response, another opcode, two questions, no question, a pointer, a label too long.
    for (const Row& row :
         {Row{2, 0x81}, Row{2, 0x11}, Row{5, 2}, Row{5, 0}, Row{12, 0xc0}, Row{12, 0x40}}) {
      ByteVector other = whole;
      other[row.at] = row.value;
      EXPECT(!answer_for_reverse_zones(other, base::qubes_ranges()));
    }
  }

  TEST_CASE("an answer is no longer than its query") {
    for (const bool edns : {true, false}) {
      const ByteVector asked = query("10.0.137.10.in-addr.arpa", 12, edns);
      const auto answer = answer_for_reverse_zones(asked, base::qubes_ranges());
      REQUIRE(answer.has_value());
      EXPECT(answer->size() <= asked.size());
    }
  }
}

}  // namespace
}  // namespace sallyport::net
