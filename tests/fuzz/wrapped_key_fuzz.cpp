// Wrapped client keys (tls-crypt-v2) as a server finds them at the end of packets: of any bytes,
// and made with the server's own key and then damaged. What is unwrapped was wrapped, and wraps
// again to the same bytes.
#include <algorithm>

#include "base/check.h"
#include "fuzz_input.h"
#include "openvpn/wire/key_metadata.h"
#include "openvpn_keys.h"

namespace sallyport::openvpn {
namespace {

using testing::FuzzInput;

void unwrap_trailing(base::Bytes packet) {
  const auto found = trailing_wrapped_key(packet);
  if (!found) return;
  CHECK(found->size() < packet.size());
  CHECK(found->data() + found->size() == packet.data() + packet.size());
  const auto unwrapped = fuzz::server_key().unwrap(*found);
  if (!unwrapped) return;
  CHECK(std::ranges::equal(fuzz::server_key().wrap(unwrapped->key, unwrapped->metadata), *found));
  const KeyMetadata metadata = parse_metadata(unwrapped->metadata);
  if (!std::holds_alternative<OtherMetadata>(metadata))
    CHECK(serialize(metadata) == unwrapped->metadata);
}

void wrap_and_damage(FuzzInput& input) {
  const std::uint16_t at = input.u16();
  const std::uint8_t change = input.u8();
  const std::vector<std::uint8_t> metadata = input.bytes(kMaxMetadataSize);
  std::vector<std::uint8_t> packet = fuzz::server_key().wrap(fuzz::static_key(), metadata);
  packet.insert(packet.begin(), 0x50);
  packet[at % packet.size()] ^= change;
  const auto found = trailing_wrapped_key(packet);
  const bool intact = change == 0 || at % packet.size() == 0;
  CHECK(!intact || found);
  if (found) CHECK(fuzz::server_key().unwrap(*found).has_value() == intact);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::testing::FuzzInput input(data, size);
  if (input.u8() == 0) {
    sallyport::openvpn::wrap_and_damage(input);
  } else {
    sallyport::openvpn::unwrap_trailing(input.rest());
  }
  return 0;
}
