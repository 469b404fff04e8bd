#include "dns_reply.h"

namespace sallyport::testing {
namespace {

void append(ByteVector& to, std::initializer_list<unsigned> bytes) {
  for (const unsigned byte : bytes) to.push_back(static_cast<std::uint8_t>(byte));
}

}  // namespace

std::string dns_name_asked(base::Bytes query) {
  std::string name;
  std::size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    if (!name.empty()) name += '.';
    for (std::size_t i = 1; i <= query[at] && at + i < query.size(); ++i) {
      name += static_cast<char>(query[at + i]);
    }
    at += query[at] + 1U;
  }
  return name;
}

ByteVector dns_reply(base::Bytes query, const DnsReply& reply) {
  ByteVector message(query.begin(), query.end());
  message[2] |= 0x80;
  message[3] = static_cast<std::uint8_t>(0x80 | reply.code);
  message[7] = static_cast<std::uint8_t>(reply.addresses.size());
  for (const base::IpAddress& address : reply.addresses) {
    const base::Bytes wire = address.wire();
    append(message, {0xc0, 12, 0, address.is_v4() ? 1U : 28U, 0, 1, reply.seconds >> 24 & 0xff,
                     reply.seconds >> 16 & 0xff, reply.seconds >> 8 & 0xff, reply.seconds & 0xff, 0,
                     static_cast<unsigned>(wire.size())});
    message.insert(message.end(), wire.begin(), wire.end());
  }
  return message;
}

}  // namespace sallyport::testing
