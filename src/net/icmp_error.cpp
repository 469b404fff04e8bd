#include "net/icmp_error.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/endian.h"
#include "net/ip_builder.h"

namespace sallyport::net {
namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kMaxIcmp4Size = 576;
// RFC 1812 4.3.2.5: errors have precedence 6, internetwork control.
constexpr std::uint8_t kInternetworkControl = 0xc0;

struct TypeAndCode {
  std::uint8_t type;
  std::uint8_t code;
};

struct Codes {
  TypeAndCode v4;
  TypeAndCode v6;
};

Codes codes_of(IcmpErrorKind kind) {
  switch (kind) {
    case IcmpErrorKind::kNetUnreachable:
      return {{3, 0}, {1, 0}};
    case IcmpErrorKind::kHostUnreachable:
      return {{3, 1}, {1, 3}};
    case IcmpErrorKind::kPortUnreachable:
      return {{3, 3}, {1, 4}};
    case IcmpErrorKind::kAdminProhibited:
      return {{3, 13}, {1, 1}};
    case IcmpErrorKind::kTooBig:
      return {{3, 4}, {2, 0}};
    case IcmpErrorKind::kTimeExceeded:
      return {{11, 0}, {3, 0}};
  }
  CHECK(false);
}

bool is_redirect(const Packet& packet) {
  return packet.is(IpProtocol::kIcmp6) && packet.icmp.type == 137;
}

std::optional<NoIcmpError> reason_for_silence(const Packet& offender, IcmpErrorKind kind) {
  if (offender.is_icmp_error() || is_redirect(offender)) return NoIcmpError::kAboutIcmpError;
  if (offender.fragment.offset != 0) return NoIcmpError::kLaterFragment;
  // RFC 4443 2.4e.3: so that path MTU discovery works for multicast too.
  const bool for_group = kind == IcmpErrorKind::kTooBig && !offender.is_v4();
  if (is_broadcast(offender.destination) || (is_multicast(offender.destination) && !for_group)) {
    return NoIcmpError::kGroupDestination;
  }
  if (!is_host(offender.source)) return NoIcmpError::kBogusSource;
  return std::nullopt;
}

}  // namespace

std::expected<base::MutableBytes, NoIcmpError> write_icmp_error(const Packet& offender,
                                                                IcmpErrorKind kind,
                                                                std::uint32_t mtu,
                                                                const IpAddress& from,
                                                                base::MutableBytes out) {
  if (const auto reason = reason_for_silence(offender, kind)) return std::unexpected(*reason);
  const bool v4 = offender.is_v4();
  const IpHeader header{.source = from,
                        .destination = offender.source,
                        .protocol = v4 ? IpProtocol::kIcmp : IpProtocol::kIcmp6,
                        .traffic_class = v4 ? kInternetworkControl : std::uint8_t{0}};
  const std::size_t quote_at = header.size() + kIcmpHeader;
  const std::size_t limit = v4 ? kMaxIcmp4Size : kMaxIcmpErrorSize;
  const base::Bytes quote = offender.bytes.first(std::min(offender.bytes.size(), limit - quote_at));
  const base::MutableBytes packet = out.first(quote_at + quote.size());
  header.write(packet);
  const base::MutableBytes message = packet.subspan(header.size());
  const TypeAndCode code = v4 ? codes_of(kind).v4 : codes_of(kind).v6;
  message[0] = code.type;
  message[1] = code.code;
  // RFC 1191 4: the MTU is in the lower half of what is unused otherwise, and so it is in ICMPv6.
  const std::uint32_t most = v4 ? 0xffff : 0xffff'ffff;
  base::store_u32(message, 4, kind == IcmpErrorKind::kTooBig ? std::min(mtu, most) : 0);
  base::store_u16(message, 2, 0);
  base::copy_bytes(quote, message.subspan(kIcmpHeader));
  base::store_u16(message, 2, header.transport_checksum(message));
  return packet;
}

}  // namespace sallyport::net
