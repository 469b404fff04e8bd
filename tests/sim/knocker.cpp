#include "knocker.h"

#include "openvpn/wire/early_negotiation.h"

namespace sallyport::sim {

using namespace openvpn;

Knocker::Knocker(WrapKind kind, std::uint64_t session, std::uint32_t first_counter)
    : wrap_(make_wrap(kind)),
      session_(session),
      wrapper_(make(first_counter != 0              ? first_counter
                    : kind == WrapKind::kTlsCryptV2 ? kEarlyNegotiationStart
                                                    : 1)) {}

std::vector<std::uint8_t> Knocker::reset(base::Now now, std::uint32_t message) {
  ControlBody body;
  body.message_id = MessageId(message);
  return pack(
      now, has_key() ? Opcode::kControlHardResetClientV3 : Opcode::kControlHardResetClientV2, body);
}

std::vector<std::uint8_t> Knocker::third(base::Now now, SessionId cookie, std::uint32_t ack,
                                         std::uint32_t message, base::Bytes payload) {
  ControlBody body;
  body.acks = AckList{MessageId(ack)};
  body.acked_session = cookie;
  body.message_id = MessageId(message);
  body.payload = payload;
  return pack(now, has_key() ? Opcode::kControlWkcV1 : Opcode::kControlV1, body);
}

std::vector<std::uint8_t> Knocker::pack(base::Now now, Opcode opcode, const ControlBody& body) {
  auto packet = wrapper_.wrap(now, {opcode, KeyId{}, session_}, body.serialize());
  if (brings_wrapped_key(opcode)) {
    const base::Bytes key = std::get<TlsCryptV2Wrap>(wrap_).key.wrapped_key();
    packet.insert(packet.end(), key.begin(), key.end());
  }
  return packet;
}

ControlWrapper Knocker::make(std::uint32_t counter) const {
  if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap_))
    return ControlWrapper::tls_auth(auth->key, auth->direction, auth->digest);
  if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap_))
    return ControlWrapper::tls_crypt(crypt->key, Role::kClient, counter);
  if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap_))
    return ControlWrapper::tls_crypt(v2->key.key(), Role::kClient, counter);
  return ControlWrapper::plain();
}

SessionId cookie_in(const OutgoingPacket& answer) {
  return ControlHeader::parse(answer.packet)->session;
}

ServerWorld::Setup empty_server(WrapKind wrap) {
  ServerWorld::Setup setup;
  setup.wrap = wrap;
  setup.clients = 0;
  return setup;
}

}  // namespace sallyport::sim
