// The little of DNS (RFC 1035, RFC 3596) that asking for a host's addresses takes: one question,
// and the addresses in its answer.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "net/address.h"

namespace sallyport::net {

enum class DnsType : std::uint16_t { kA = 1, kAaaa = 28 };

struct DnsQuestion {
  // Lower case, labels of 1 to 63 characters, 253 in all (net/rules/rule.h checks that).
  std::string name;
  DnsType type = DnsType::kA;
  friend bool operator==(const DnsQuestion&, const DnsQuestion&) = default;
};

// The message asks for recursion.
std::vector<std::uint8_t> write_dns_query(std::uint16_t id, const DnsQuestion& question);

enum class DnsError : std::uint8_t {
  kMalformed,
  kNotOurs,  // another id, another question, or a query
  kRefused,  // the resolver could not or would not answer (SERVFAIL, REFUSED, and the like)
};

struct DnsAnswer {
  // Of the question's type. None: the name does not exist, or has none.
  std::vector<IpAddress> addresses;
  // The least that a record on the way from the name to its addresses says; zero without any.
  base::Duration time_to_live{};
};

// No more is taken from one answer: more is no host.
inline constexpr std::size_t kMaxDnsAddresses = 64;

// Follows the aliases (CNAME) that the answer itself explains; what belongs to any other name is
// left out. A truncated answer counts for what it holds.
std::expected<DnsAnswer, DnsError> parse_dns_answer(base::Bytes message, std::uint16_t id,
                                                    const DnsQuestion& question);

}  // namespace sallyport::net
