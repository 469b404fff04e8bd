// Questions about addresses that mean something in one place only: whoever asks the world for their
// names tells it which there are (RFC 6303). They are answered where they are asked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace sallyport::net {

// `query` is a datagram for a resolver. When it asks for anything at or below the reverse name of
// one of `ranges` (RFC 1035 3.5, RFC 3596 2.5), the answer that there is no such name; nothing for
// any other question, and for what is not one plain question. The prefixes end at whole labels: 8
// bits for IPv4, 4 for IPv6. The answer is no longer than the query.
std::optional<std::vector<std::uint8_t>> answer_for_reverse_zones(
    base::Bytes query, std::span<const base::IpPrefix> ranges);

}  // namespace sallyport::net
