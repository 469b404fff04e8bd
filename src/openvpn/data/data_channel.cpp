#include "openvpn/data/data_channel.h"

#include <algorithm>

#include "base/check.h"
#include "openvpn/data/payload_unpacking.h"
#include "openvpn/wire/opcode.h"

namespace sallyport::openvpn {
namespace {

bool starts_with(base::Bytes packet, base::Bytes magic) {
  return packet.size() >= magic.size() && std::ranges::equal(packet.first(magic.size()), magic);
}

std::expected<Opened, DropReason> classify(base::MutableBytes packet) {
  // Empty packets exist on the wire; like a ping they only show that the peer lives.
  if (packet.empty()) return Opened{Opened::Kind::kPing, {}};
  if (packet.size() == kPingMagic.size() && starts_with(packet, kPingMagic))
    return Opened{Opened::Kind::kPing, {}};
  const base::Bytes occ_magic = std::span(kExitNotice).first(kExitNotice.size() - 1);
  if (starts_with(packet, kExitNotice)) return Opened{Opened::Kind::kExit, {}};
  if (starts_with(packet, occ_magic)) return std::unexpected(DropReason::kOcc);
  return Opened{Opened::Kind::kPacket, packet};
}

}  // namespace

void DataChannel::configure(const Settings& settings) {
  CHECK(!settings_);
  settings_ = settings;
  const FramingRoom framing = framing_room(settings.framing);
  room_ = settings.suite.room(DataHeader::make(KeyId{}, settings.peer_id).size);
  packet_room_ = room_;
  packet_room_.front += framing.front + (cuts() ? kFragmentHeaderSize : 0);
  packet_room_.back += framing.back;
  packet_room_.encrypted += packet_room_.front + packet_room_.back - room_.front - room_.back;
  if (!cuts()) room_ = packet_room_;
}

void DataChannel::add_key(KeyId id, const StaticKey& key2, base::Instant seal_from) {
  CHECK(settings_);
  if (slots_[0]) slots_[1] = std::move(slots_[0]);
  slots_[0].emplace(Slot{DataKey(id, settings_->suite, key2, role_, replay_window_, rng_),
                         seal_from, DataHeader::make(id, settings_->peer_id)});
  sealing_ = slots_[1] ? 1 : 0;
}

void DataChannel::remove_key(KeyId id) {
  for (auto& slot : slots_) {
    if (slot && slot->key.id() == id) slot.reset();
  }
  if (!slots_[sealing_]) sealing_ = slots_[0] ? 0 : 1;
}

void DataChannel::handle_rekey_started() {
  if (slots_[0]) sealing_ = 0;
}

void DataChannel::handle_timeout(base::Instant now) {
  if (slots_[0] && slots_[0]->seal_from <= now) sealing_ = 0;
}

std::optional<base::Instant> DataChannel::next_deadline() const {
  if (!slots_[0] || sealing_ == 0) return std::nullopt;
  return slots_[0]->seal_from;
}

std::expected<void, SealError> DataChannel::seal(base::MutableBytes buffer,
                                                 std::size_t packet_size) {
  if (!ready()) return std::unexpected(SealError::kNoKey);
  CHECK(buffer.size() == room_.sealed_size(packet_size));
  std::size_t content = packet_size;
  if (!cuts()) {
    const FramingRoom framing = framing_room(settings_->framing);
    content += framing.front + framing.back;
    add_framing(settings_->framing, buffer.subspan(room_.front - framing.front, content));
  }
  auto sealed = slots_[sealing_]->key.seal(slots_[sealing_]->header, buffer, content);
  if (!sealed && slots_[0] && sealing_ != 0) {
    // The old key wore out before the new one's time: better early than a repeated nonce or
    // silence.
    sealing_ = 0;
    sealed = slots_[0]->key.seal(slots_[0]->header, buffer, content);
  }
  return sealed;
}

base::MutableBytes DataChannel::packet_space(std::size_t packet_size) {
  CHECK(cuts());
  const FramingRoom framing = framing_room(settings_->framing);
  framed_.resize(framing.front + packet_size + framing.back);
  return base::MutableBytes(framed_).subspan(framing.front, packet_size);
}

// Without its header.
std::size_t DataChannel::piece_limit() const {
  const std::size_t largest = room_.largest_packet(settings_->fragment);
  // The profile's handler keeps `fragment` well above all that stands around a piece.
  CHECK(largest > 2 * kFragmentHeaderSize);
  return largest - kFragmentHeaderSize;
}

std::size_t DataChannel::most_pieces(std::size_t packet_size) const {
  return cuts() ? packet_room_.sealed_size(packet_size) / piece_limit() + 1 : 1;
}

std::optional<FragmentPlan> DataChannel::cut() {
  add_framing(settings_->framing, framed_);
  auto plan = FragmentPlan::make(framed_.size(), piece_limit(), next_sequence_);
  if (plan && plan->count() > 1) ++next_sequence_;
  return plan;
}

std::expected<Opened, DropReason> DataChannel::open(base::MutableBytes datagram) {
  if (datagram.empty()) return std::unexpected(DropReason::kTooShort);
  const auto first = parse_first_byte(datagram[0]);
  if (!first || !is_data(first->opcode)) return std::unexpected(DropReason::kBadOpcode);
  Slot* const slot = slot_of(first->key_id);
  if (slot == nullptr) {
    return std::unexpected(ready() ? DropReason::kBadKeyId : DropReason::kDataNotReady);
  }
  const auto plain = slot->key.open(first->opcode == Opcode::kDataV2 ? 4 : 1, datagram);
  if (!plain) return std::unexpected(plain.error());
  if (slots_[0] && slot == &*slots_[0]) sealing_ = 0;
  base::MutableBytes framed = *plain;
  if (cuts()) {
    const auto whole = reassembly_.add(framed);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return Opened{Opened::Kind::kPiece, {}};
    framed = **whole;
  }
  auto packet = remove_framing(settings_->framing, framed);
  if (!packet && packet.error() == DropReason::kCompressed && settings_->decompress)
    packet = unpack_payload(settings_->framing, framed, memory_);
  if (!packet) return std::unexpected(packet.error());
  return classify(*packet);
}

const DataKey* DataChannel::newest_key() const {
  return slots_[0] ? &slots_[0]->key : nullptr;
}
DataKey* DataChannel::newest_key() {
  return slots_[0] ? &slots_[0]->key : nullptr;
}

DataChannel::Slot* DataChannel::slot_of(KeyId id) {
  for (auto& slot : slots_) {
    if (slot && slot->key.id() == id) return &*slot;
  }
  return nullptr;
}

}  // namespace sallyport::openvpn
