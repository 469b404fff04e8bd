// Any bytes as the answer to a question that the input itself asks, and as a question.
#include <algorithm>

#include "base/check.h"
#include "base/qubes_ranges.h"
#include "net/dns/message.h"
#include "net/dns/reverse_zone.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Bytes message(data, size);
  for (const net::DnsType type : {net::DnsType::kA, net::DnsType::kAaaa}) {
    const net::DnsQuestion question{"www.example", type};
    const std::uint16_t id = size < 2 ? 0 : static_cast<std::uint16_t>(data[0] << 8 | data[1]);
    const auto answer = net::parse_dns_answer(message, id, question);
    if (!answer) continue;
    CHECK(answer->addresses.size() <= net::kMaxDnsAddresses);
    CHECK(answer->time_to_live >= base::Duration::zero());
    for (const net::IpAddress& address : answer->addresses) {
      CHECK(address.is_v4() == (type == net::DnsType::kA));
    }
    // The same bytes answer no other question.
    CHECK(!net::parse_dns_answer(message, static_cast<std::uint16_t>(id + 1), question));
    CHECK(!net::parse_dns_answer(message, id, {"wwv.example", type}));
  }
  if (const auto none = net::answer_for_reverse_zones(message, base::qubes_ranges())) {
    // The same question, as a response; and a response is no question.
    CHECK(none->size() <= size && std::equal(none->begin() + 12, none->end(), data + 12));
    CHECK((*none)[0] == data[0] && (*none)[1] == data[1] && ((*none)[2] & 0x80) != 0);
    CHECK(!net::answer_for_reverse_zones(*none, base::qubes_ranges()));
  }
  return 0;
}
