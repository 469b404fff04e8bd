// What a tls-crypt-v2 server wrote into a client's key when it wrapped it (docs/protocol.md,
// "Wraps"): a type byte, and text of its own choosing or the time of its making. Only the server
// can read it, and nobody else can have written it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace sallyport::openvpn {

// Type 0: any bytes, mostly who the key is for.
struct UserMetadata {
  std::vector<std::uint8_t> bytes;
  friend bool operator==(const UserMetadata&, const UserMetadata&) = default;
};
// Type 1: seconds since 1970, in 64 bits with a sign.
struct TimestampMetadata {
  base::WallTime made;
  friend bool operator==(const TimestampMetadata&, const TimestampMetadata&) = default;
};
// Neither: no metadata at all, or a type that nobody has defined yet.
struct OtherMetadata {
  friend bool operator==(const OtherMetadata&, const OtherMetadata&) = default;
};
using KeyMetadata = std::variant<OtherMetadata, UserMetadata, TimestampMetadata>;

// With its type byte; what is left of kWrappedKeyMaximum beside the key, the tag and the length.
inline constexpr std::size_t kMaxMetadataSize = 734;

// Total: what does not have the form of its type is OtherMetadata.
KeyMetadata parse_metadata(base::Bytes bytes);
// At most kMaxMetadataSize bytes; OtherMetadata gives none.
std::vector<std::uint8_t> serialize(const KeyMetadata& metadata);

}  // namespace sallyport::openvpn
