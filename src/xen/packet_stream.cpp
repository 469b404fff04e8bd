#include "xen/packet_stream.h"

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/check.h"
#include "base/endian.h"

namespace sallyport::xen {
namespace {

constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kChecksumValid = 2;
constexpr std::uint16_t kMinPacket = 20;

}  // namespace

std::optional<PacketHeader> PacketHeader::parse(std::span<const std::uint8_t, kSize> bytes) {
  PacketHeader header;
  header.length = base::load_u16(bytes, 0);
  const std::uint8_t flags = bytes[2];
  if (header.length < kMinPacket || flags > (kNeedsChecksum | kChecksumValid)) return std::nullopt;
  if (bytes[3] > std::to_underlying(Gso::kUdp)) return std::nullopt;
  header.needs_checksum = (flags & kNeedsChecksum) != 0;
  header.checksum_valid = (flags & kChecksumValid) != 0;
  header.gso = static_cast<Gso>(bytes[3]);
  header.segment_size = base::load_u16(bytes, 4);
  header.checksum_start = base::load_u16(bytes, 6);
  header.checksum_offset = base::load_u16(bytes, 8);
  return header;
}

std::array<std::uint8_t, PacketHeader::kSize> PacketHeader::serialize() const {
  std::array<std::uint8_t, kSize> bytes{};
  base::store_u16(bytes, 0, length);
  bytes[2] = static_cast<std::uint8_t>((needs_checksum ? kNeedsChecksum : 0) |
                                       (checksum_valid ? kChecksumValid : 0));
  bytes[3] = std::to_underlying(gso);
  base::store_u16(bytes, 4, segment_size);
  base::store_u16(bytes, 6, checksum_start);
  base::store_u16(bytes, 8, checksum_offset);
  return bytes;
}

base::MutableBytes PacketStreamReader::free_space() {
  const base::MutableBytes all = buffer_.bytes();
  if (start_ == end_) start_ = end_ = 0;
  // What is left is less than one packet, so there is always room behind it once it is in front.
  if (start_ != 0 && end_ > kCapacity / 2) {
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(start_),
              all.begin() + static_cast<std::ptrdiff_t>(end_), all.begin());
    end_ -= start_;
    start_ = 0;
  }
  return all.subspan(end_);
}

void PacketStreamReader::filled(std::size_t count) {
  CHECK(count <= kCapacity - end_);
  end_ += count;
}

std::expected<std::optional<PacketStreamReader::Packet>, PacketStreamReader::Broken>
PacketStreamReader::next() {
  const base::MutableBytes waiting = buffer_.bytes().subspan(start_, end_ - start_);
  if (waiting.size() < PacketHeader::kSize) return std::nullopt;
  const auto header = PacketHeader::parse(waiting.first<PacketHeader::kSize>());
  if (!header) return std::unexpected(Broken{});
  if (waiting.size() < PacketHeader::kSize + header->length) return std::nullopt;
  start_ += PacketHeader::kSize + header->length;
  return Packet{*header, waiting.subspan(PacketHeader::kSize, header->length)};
}

}  // namespace sallyport::xen
