#include "openvpn/data/data_key.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/endian.h"
#include "openvpn/wire/opcode.h"

namespace sallyport::openvpn {
namespace {

// As OpenVPN 2.x: a new key is asked for well before the ids end (docs/protocol.md, "Data
// channel").
constexpr std::uint32_t kRenewAtPacketId = 0xff000000;
constexpr std::uint32_t kLastPacketId = std::numeric_limits<std::uint32_t>::max() - 1;
// Of packets plus encrypted blocks of 16 bytes, as OpenVPN 2.7 counts them; of either direction,
// since the peer may not count.
constexpr std::uint64_t kGcmUsageLimit = ((std::uint64_t{1} << 36) - 1) / 8 * 7;
constexpr std::size_t kPacketIdSize = 4;
// Failed decryptions: forgeries get likelier with each try.
constexpr std::uint64_t kFailedOpensRenew = std::uint64_t{1} << 35;
constexpr std::uint64_t kFailedOpensStop = std::uint64_t{1} << 36;

KeyDirection sending_slot(Role role) {
  return role == Role::kClient ? KeyDirection::kNormal : KeyDirection::kInverse;
}

std::uint64_t usage_of(std::size_t content, std::size_t header_size) {
  return 1 + (content + header_size + kPacketIdSize + 15) / 16;
}

bool has_usage_limit(DataCipher cipher) {
  const auto aead = aead_of(cipher);
  return aead && *aead != crypto::AeadAlgorithm::kChaCha20Poly1305;
}

}  // namespace

DataHeader DataHeader::make(KeyId key_id, PeerId peer_id) {
  DataHeader header;
  if (peer_id == kNoPeerId) {
    header.bytes[0] = to_byte(Opcode::kDataV1, key_id);
    return header;
  }
  base::store_u32(header.bytes, 0, peer_id.value());
  header.bytes[0] = to_byte(Opcode::kDataV2, key_id);
  header.size = 4;
  return header;
}

SealRoom DataSuite::room(std::size_t header_size) const {
  if (epochs) return EpochFormat::room();
  return aead_of(cipher) ? AeadFormat::room(header_size) : CbcFormat::room(header_size, digest);
}

DataKey::Format DataKey::make_format(const DataSuite& suite, const StaticKey& key2, Role role,
                                     std::uint32_t replay_window, base::Rng& rng) {
  const auto aead = aead_of(suite.cipher);
  CHECK(aead || !suite.epochs);
  if (suite.epochs) return EpochFormat(*aead, key2, sending_slot(role), replay_window);
  if (aead) return AeadFormat(*aead, key2, sending_slot(role));
  return CbcFormat(suite.cipher, suite.digest, key2, sending_slot(role), rng);
}

DataKey::DataKey(KeyId id, const DataSuite& suite, const StaticKey& key2, Role role,
                 std::uint32_t replay_window, base::Rng& rng)
    : id_(id),
      has_usage_limit_(has_usage_limit(suite.cipher)),
      format_(make_format(suite, key2, role, replay_window, rng)),
      replay_(replay_window) {}

std::expected<void, SealError> DataKey::seal(const DataHeader& header, base::MutableBytes packet,
                                             std::size_t packet_size) {
  auto* const epochs = std::get_if<EpochFormat>(&format_);
  if (epochs == nullptr && last_packet_id_ >= kLastPacketId)
    return std::unexpected(SealError::kWornOut);
  std::ranges::copy(std::span(header.bytes).first(header.size), packet.begin());
  if (epochs != nullptr) {
    CHECK(header.size == EpochFormat::kHeaderSize);
    if (!epochs->seal(packet)) return std::unexpected(SealError::kWornOut);
  } else if (auto* const aead = std::get_if<AeadFormat>(&format_)) {
    aead->seal(header.size, ++last_packet_id_, packet);
  } else {
    std::get<CbcFormat>(format_).seal(header.size, ++last_packet_id_, packet, packet_size);
  }
  ++sealed_packets_;
  sealed_usage_ += usage_of(packet_size, header.size);
  bytes_ += packet_size;
  return {};
}

std::expected<base::MutableBytes, DropReason> DataKey::open(std::size_t header_size,
                                                            base::MutableBytes packet) {
  if (packet.size() < header_size) return std::unexpected(DropReason::kTooShort);
  if (failed_opens_ >= kFailedOpensStop) return std::unexpected(DropReason::kDataKeyWornOut);
  auto* const epochs = std::get_if<EpochFormat>(&format_);
  // Epochs come behind headers of V2 only.
  if (epochs != nullptr && header_size != EpochFormat::kHeaderSize)
    return std::unexpected(DropReason::kDataAuthentication);
  const auto plaintext = epochs != nullptr ? epochs->open(packet) : open_short(header_size, packet);
  if (!plaintext) {
    if (plaintext.error() == DropReason::kDataAuthentication) ++failed_opens_;
    return plaintext;
  }
  ++opened_packets_;
  opened_usage_ += usage_of(plaintext->size(), header_size);
  bytes_ += plaintext->size();
  return plaintext;
}

// Formats with a packet id of 32 bits.
std::expected<base::MutableBytes, DropReason> DataKey::open_short(std::size_t header_size,
                                                                  base::MutableBytes packet) {
  auto* const aead = std::get_if<AeadFormat>(&format_);
  const auto content = aead != nullptr ? aead->open(header_size, packet)
                                       : std::get<CbcFormat>(format_).open(header_size, packet);
  if (!content) return std::unexpected(content.error());
  // Only now: an id counts as seen when its packet was the peer's.
  if (!replay_.is_fresh(content->packet_id)) return std::unexpected(DropReason::kDataReplay);
  replay_.commit(content->packet_id);
  return content->plaintext;
}

bool DataKey::wants_renewal() const {
  // Epochs renew their keys themselves, as long as there are some left.
  if (const auto* const epochs = std::get_if<EpochFormat>(&format_))
    return epochs->wants_renewal() || failed_opens_ >= kFailedOpensRenew;
  return last_packet_id_ >= kRenewAtPacketId || failed_opens_ >= kFailedOpensRenew ||
         (has_usage_limit_ && std::max(sealed_usage_, opened_usage_) > kGcmUsageLimit);
}

}  // namespace sallyport::openvpn
