#include "openvpn/wire/early_negotiation.h"

#include "base/byte_reader.h"
#include "base/endian.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint16_t kTlvFlags = 1;
constexpr std::uint16_t kFlagResendWrappedKey = 0x0001;

}  // namespace

std::expected<EarlyNegotiation, DropReason> EarlyNegotiation::parse(base::Bytes payload) {
  EarlyNegotiation negotiation;
  for (base::ByteReader reader(payload); !reader.done();) {
    const auto type = reader.u16();
    const auto length = reader.u16();
    if (!type || !length) return std::unexpected(DropReason::kMalformedReset);
    const auto value = reader.take(*length);
    if (!value) return std::unexpected(DropReason::kMalformedReset);
    if (*type != kTlvFlags) continue;
    if (value->size() != 2) return std::unexpected(DropReason::kMalformedReset);
    // A bit test, not equality: our ancestor compared and would have lost the request to any future
    // flag.
    negotiation.resend_wrapped_key = (base::load_u16(*value, 0) & kFlagResendWrappedKey) != 0;
  }
  return negotiation;
}

}  // namespace sallyport::openvpn
