#include "openvpn/wire/control_packet.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/endian.h"

namespace sallyport::openvpn {

AckList::AckList(std::initializer_list<MessageId> ids) {
  for (const MessageId id : ids) add(id);
}

void AckList::add(MessageId id) {
  CHECK(size_ < kMaximum);
  ids_[size_++] = id;
}

std::expected<ControlHeader, DropReason> ControlHeader::parse(base::Bytes packet) {
  base::ByteReader reader(packet);
  const auto first = reader.u8();
  const auto session = reader.u64();
  if (!first || !session) return std::unexpected(DropReason::kTooShort);
  const auto parsed = parse_first_byte(*first);
  if (!parsed || is_data(parsed->opcode)) return std::unexpected(DropReason::kBadOpcode);
  if (*session == 0) return std::unexpected(DropReason::kBadSession);
  return ControlHeader{parsed->opcode, parsed->key_id, SessionId(*session)};
}

std::array<std::uint8_t, ControlHeader::kSize> ControlHeader::serialize() const {
  std::array<std::uint8_t, kSize> bytes{to_byte(opcode, key_id)};
  base::store_big(bytes, 1, session.value());
  return bytes;
}

std::expected<ControlBody, DropReason> ControlBody::parse(Opcode opcode, base::Bytes bytes) {
  base::ByteReader reader(bytes);
  ControlBody body;
  const auto count = reader.u8();
  if (!count) return std::unexpected(DropReason::kTooShort);
  // With more than eight the whole packet is dropped, not clamped; an ACK that acknowledges nothing
  // is of no use to anyone.
  if (*count > AckList::kMaximum || (*count == 0 && opcode == Opcode::kAckV1)) {
    return std::unexpected(DropReason::kBadAcks);
  }
  for (int i = 0; i < *count; ++i) {
    const auto id = reader.u32();
    if (!id) return std::unexpected(DropReason::kTooShort);
    body.acks.add(MessageId(*id));
  }
  if (*count > 0) {
    const auto session = reader.u64();
    if (!session) return std::unexpected(DropReason::kTooShort);
    body.acked_session = SessionId(*session);
  }
  if (opcode != Opcode::kAckV1) {
    const auto id = reader.u32();
    if (!id) return std::unexpected(DropReason::kTooShort);
    body.message_id = MessageId(*id);
    body.payload = reader.rest();
    if (body.payload.size() > kMaxPayload) return std::unexpected(DropReason::kTooLong);
  }
  return body;
}

std::vector<std::uint8_t> ControlBody::serialize() const {
  base::ByteWriter writer(control_body_overhead(acks.size()) + payload.size());
  writer.u8(static_cast<std::uint8_t>(acks.size()));
  for (const MessageId id : acks.ids()) writer.u32(id.value());
  if (!acks.empty()) writer.u64(acked_session.value());
  if (message_id) writer.u32(message_id->value());
  writer.bytes(payload);
  return writer.take();
}

std::size_t control_body_overhead(std::size_t acks) {
  return 1 + (acks == 0 ? 0 : acks * 4 + 8) + 4;
}

}  // namespace sallyport::openvpn
