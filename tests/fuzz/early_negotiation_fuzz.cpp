// Any bytes as what the server's reset carries.
#include <vector>

#include "base/check.h"
#include "openvpn/wire/early_negotiation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  using openvpn::EarlyNegotiation;
  const base::Bytes payload(data, size);
  const auto negotiation = EarlyNegotiation::parse(payload);
  // A TLV that nobody knows changes nothing, before or behind.
  constexpr std::uint8_t kUnknown[] = {0xff, 0xfe, 0, 3, 1, 2, 3};
  std::vector<std::uint8_t> more(std::begin(kUnknown), std::end(kUnknown));
  more.insert(more.end(), payload.begin(), payload.end());
  const auto behind = EarlyNegotiation::parse(more);
  CHECK(behind.has_value() == negotiation.has_value());
  if (!negotiation) {
    CHECK(negotiation.error() == openvpn::DropReason::kMalformedReset);
    return 0;
  }
  CHECK(behind->resend_wrapped_key == negotiation->resend_wrapped_key);
  more.insert(more.end(), std::begin(kUnknown), std::end(kUnknown));
  CHECK(EarlyNegotiation::parse(more)->resend_wrapped_key == negotiation->resend_wrapped_key);
  // The flag of the last flags TLV counts.
  more.insert(more.end(), {0, 1, 0, 2, 0x80, 0x01});
  CHECK(EarlyNegotiation::parse(more)->resend_wrapped_key);
  // A cut one fails it all.
  more.pop_back();
  CHECK(!EarlyNegotiation::parse(more));
  return 0;
}
