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
// Of packets plus encrypted blocks of 16 bytes, as OpenVPN 2.7 counts them.
constexpr std::uint64_t kGcmUsageLimit = ((std::uint64_t{1} << 36) - 1) / 8 * 7;
// Failed decryptions: forgeries get likelier with each try.
constexpr std::uint64_t kFailedOpensRenew = std::uint64_t{1} << 35;
constexpr std::uint64_t kFailedOpensStop = std::uint64_t{1} << 36;

KeyDirection sending_slot(Role role) {
  return role == Role::kClient ? KeyDirection::kNormal : KeyDirection::kInverse;
}

base::Bytes cipher_part(const StaticKey& key2, KeyDirection slot, crypto::AeadAlgorithm algorithm) {
  return key2.cipher_key(slot).first(crypto::key_size(algorithm));
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

DataKey::DataKey(KeyId id, crypto::AeadAlgorithm algorithm, const StaticKey& key2, Role role,
                 std::uint32_t replay_window)
    : id_(id),
      algorithm_(algorithm),
      sealer_(algorithm, cipher_part(key2, sending_slot(role), algorithm)),
      opener_(algorithm, cipher_part(key2, opposite(sending_slot(role)), algorithm)),
      replay_(replay_window) {
  std::ranges::copy(key2.hmac_key(sending_slot(role)).first(send_iv_.size()), send_iv_.begin());
  std::ranges::copy(key2.hmac_key(opposite(sending_slot(role))).first(receive_iv_.size()),
                    receive_iv_.begin());
}

std::array<std::uint8_t, crypto::kAeadNonceSize> DataKey::nonce(base::Bytes packet_id,
                                                                const ImplicitIv& iv) const {
  std::array<std::uint8_t, crypto::kAeadNonceSize> bytes;
  std::ranges::copy(packet_id, bytes.begin());
  std::ranges::copy(iv, bytes.begin() + DataHeader::kPacketIdSize);
  return bytes;
}

std::expected<void, SealError> DataKey::seal(const DataHeader& header, base::MutableBytes packet) {
  CHECK(packet.size() >= header.overhead());
  if (last_packet_id_ >= kLastPacketId) return std::unexpected(SealError::kWornOut);
  std::ranges::copy(std::span(header.bytes).first(header.size), packet.begin());
  base::store_u32(packet, header.size, ++last_packet_id_);

  const base::Bytes packet_id = packet.subspan(header.size, DataHeader::kPacketIdSize);
  // V1 leaves its header unauthenticated: the associated data is the packet id alone.
  const base::Bytes associated =
      header.size == 1 ? packet_id : base::Bytes(packet).first(header.size + packet_id.size());
  const crypto::AeadTag tag(
      packet.subspan(header.size + packet_id.size()).first<crypto::kAeadTagSize>());
  const base::MutableBytes data = packet.subspan(header.overhead());
  sealer_.seal(nonce(packet_id, send_iv_), associated, data, tag);

  ++sealed_packets_;
  sealed_blocks_ += (data.size() + associated.size() + 15) / 16;
  bytes_ += data.size();
  return {};
}

std::expected<base::MutableBytes, DropReason> DataKey::open(std::size_t header_size,
                                                            base::MutableBytes packet) {
  const std::size_t overhead = header_size + DataHeader::kPacketIdSize + crypto::kAeadTagSize;
  if (packet.size() < overhead) return std::unexpected(DropReason::kTooShort);
  if (failed_opens_ >= kFailedOpensStop) return std::unexpected(DropReason::kDataKeyWornOut);

  const base::Bytes packet_id = packet.subspan(header_size, DataHeader::kPacketIdSize);
  const base::Bytes associated =
      header_size == 1 ? packet_id : base::Bytes(packet).first(header_size + packet_id.size());
  const base::Bytes tag = packet.subspan(header_size + packet_id.size(), crypto::kAeadTagSize);
  const base::MutableBytes data = packet.subspan(overhead);
  if (!opener_.open(nonce(packet_id, receive_iv_), associated, data, tag)) {
    ++failed_opens_;
    return std::unexpected(DropReason::kDataAuthentication);
  }
  // Only now: an id counts as seen when its packet was the peer's.
  const std::uint32_t id = base::load_u32(packet_id, 0);
  if (!replay_.is_fresh(id)) return std::unexpected(DropReason::kDataReplay);
  replay_.commit(id);
  ++opened_packets_;
  bytes_ += data.size();
  return data;
}

bool DataKey::wants_renewal() const {
  const bool gcm = algorithm_ != crypto::AeadAlgorithm::kChaCha20Poly1305;
  return last_packet_id_ >= kRenewAtPacketId || failed_opens_ >= kFailedOpensRenew ||
         (gcm && sealed_packets_ + sealed_blocks_ > kGcmUsageLimit);
}

}  // namespace sallyport::openvpn
