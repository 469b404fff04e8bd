#include "openvpn/wire/key_metadata.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint8_t kUser = 0;
constexpr std::uint8_t kTimestamp = 1;

}  // namespace

KeyMetadata parse_metadata(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const auto type = reader.u8();
  if (type == kUser) {
    const base::Bytes rest = reader.rest();
    return UserMetadata{{rest.begin(), rest.end()}};
  }
  const auto seconds = reader.u64();
  if (type != kTimestamp || !seconds || !reader.done()) return OtherMetadata{};
  return TimestampMetadata{
      base::WallTime(std::chrono::seconds(static_cast<std::int64_t>(*seconds)))};
}

std::vector<std::uint8_t> serialize(const KeyMetadata& metadata) {
  base::ByteWriter writer;
  if (const auto* user = std::get_if<UserMetadata>(&metadata)) {
    CHECK(user->bytes.size() < kMaxMetadataSize);
    writer.u8(kUser);
    writer.bytes(user->bytes);
  } else if (const auto* timestamp = std::get_if<TimestampMetadata>(&metadata)) {
    writer.u8(kTimestamp);
    writer.u64(static_cast<std::uint64_t>(timestamp->made.time_since_epoch().count()));
  }
  return writer.take();
}

}  // namespace sallyport::openvpn
