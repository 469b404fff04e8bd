#include "net/ipv6_extension.h"

#include "base/check.h"
#include "net/packet.h"

namespace sallyport::net {
namespace {

constexpr std::size_t kHeader = 40;
constexpr std::size_t kNextHeader = 6;

// Of any extension header but the fragment header, which has no size field.
std::size_t extension_size(base::Bytes packet, std::size_t at) {
  return (packet[at + 1] + std::size_t{1}) * 8;
}

}  // namespace

std::size_t next_header_field(base::Bytes packet, std::size_t at) {
  std::size_t field = kNextHeader;
  std::size_t header = kHeader;
  while (header < at) {
    field = header;
    header += extension_size(packet, header);
  }
  CHECK(header == at);
  return field;
}

std::size_t unfragmentable_size(base::Bytes packet) {
  std::size_t size = kHeader;
  IpProtocol next{packet[kNextHeader]};
  while (next == IpProtocol::kHopByHop || next == IpProtocol::kRouting) {
    next = IpProtocol{packet[size]};
    size += extension_size(packet, size);
  }
  return size;
}

}  // namespace sallyport::net
