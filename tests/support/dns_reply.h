// A resolver for tests: answers a query with what the test says, in the plainest way there is and
// without a line of src/net.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "packet_builder.h"

namespace sallyport::testing {

struct DnsReply {
  std::vector<base::IpAddress> addresses;
  std::uint32_t seconds = 300;
  std::uint8_t code = 0;
};

// The name in a query, lower case with dots; empty for what is no query.
std::string dns_name_asked(base::Bytes query);
// The whole query repeated, with an answer record for each address.
ByteVector dns_reply(base::Bytes query, const DnsReply& reply);

}  // namespace sallyport::testing
