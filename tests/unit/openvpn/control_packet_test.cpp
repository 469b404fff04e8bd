#include "openvpn/wire/control_packet.h"

#include <algorithm>

#include "openvpn/wire/early_negotiation.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using vectors::bytes;

TEST_SUITE("openvpn/control_packet") {
  TEST_CASE("only the living opcodes parse") {
    for (int byte = 0; byte < 256; ++byte) {
      const auto first = parse_first_byte(static_cast<std::uint8_t>(byte));
      EXPECT(first.has_value() == (byte >> 3 >= 3 && byte >> 3 <= 11));
      if (first) EXPECT(to_byte(first->opcode, first->key_id) == byte);
    }
  }

  TEST_CASE("key ids go 0, 1 to 7, and then skip 0") {
    KeyId id;
    for (const int expected : {1, 2, 3, 4, 5, 6, 7, 1, 2}) {
      id = id.next();
      EXPECT(id.value() == expected);
    }
  }

  // From a live 2.6.14: the body of the first CONTROL_V1 of a client that acknowledges the server's
  // reset.
  //   01 | 00000000 | dca954ae26012614 | 00000001 | 1603...
  TEST_CASE("reads a live body and writes it back") {
    const auto wire = bytes("0100000000dca954ae26012614000000011603010110");
    const auto body = ControlBody::parse(Opcode::kControlV1, wire);
    REQUIRE(body.has_value());
    REQUIRE(body->acks.size() == 1);
    EXPECT(body->acks.ids()[0] == MessageId(0));
    EXPECT(body->acked_session == SessionId(0xdca954ae26012614));
    EXPECT(body->message_id == MessageId(1));
    EXPECT(base::hex_encode(body->payload) == "1603010110");
    EXPECT(body->serialize() == wire);
    EXPECT(control_body_overhead(1) == wire.size() - 5);
  }

  // From a live 2.6.14: ACK_V1 with redundant acknowledgements, newest first.
  TEST_CASE("an ACK has no message id") {
    const auto wire = bytes("03000000020000000100000000dca954ae26012614");
    const auto body = ControlBody::parse(Opcode::kAckV1, wire);
    REQUIRE(body.has_value());
    EXPECT(body->acks.size() == 3);
    EXPECT_FALSE(body->message_id.has_value());
    EXPECT(body->serialize() == wire);
  }

  TEST_CASE("every truncation is refused as too short") {
    const auto wire = bytes(
        "0200000001000000026162636465666768"
        "00000007");
    for (std::size_t size = 0; size < wire.size(); ++size) {
      EXPECT(ControlBody::parse(Opcode::kControlV1, std::span(wire).first(size)).error() ==
             DropReason::kTooShort);
    }
    EXPECT(ControlBody::parse(Opcode::kControlV1, wire).has_value());
  }

  TEST_CASE("more than eight acknowledgements drop the packet, eight do not") {
    std::vector<std::uint8_t> wire{8};
    wire.resize(1 + 8 * 4 + 8 + 4);
    EXPECT(ControlBody::parse(Opcode::kControlV1, wire)->acks.size() == 8);
    wire[0] = 9;
    wire.resize(1 + 9 * 4 + 8 + 4);
    EXPECT(ControlBody::parse(Opcode::kControlV1, wire).error() == DropReason::kBadAcks);
    EXPECT(ControlBody::parse(Opcode::kAckV1, bytes("00")).error() == DropReason::kBadAcks);
  }

  TEST_CASE("a payload is at most 2,048 bytes, whatever carries it") {
    for (const Opcode opcode :
         {Opcode::kControlV1, Opcode::kControlHardResetClientV2, Opcode::kControlHardResetServerV2,
          Opcode::kControlSoftResetV1, Opcode::kControlHardResetClientV3, Opcode::kControlWkcV1}) {
      std::vector<std::uint8_t> wire = bytes("0000000001");
      wire.resize(5 + 2048);
      REQUIRE(ControlBody::parse(opcode, wire).has_value());
      EXPECT(ControlBody::parse(opcode, wire)->payload.size() == 2048);
      for (const std::size_t size : {2049uz, 65000uz}) {
        wire.resize(5 + size);
        EXPECT(ControlBody::parse(opcode, wire).error() == DropReason::kTooLong);
      }
    }
  }

  TEST_CASE("headers need nine bytes, a control opcode and a session") {
    const auto wire = bytes("38f419cb12d1f9e48f");
    const auto header = ControlHeader::parse(wire);
    REQUIRE(header.has_value());
    EXPECT(header->opcode == Opcode::kControlHardResetClientV2);
    EXPECT(header->session == SessionId(0xf419cb12d1f9e48f));
    EXPECT(std::ranges::equal(header->serialize(), wire));
    for (std::size_t size = 0; size < wire.size(); ++size) {
      EXPECT(ControlHeader::parse(std::span(wire).first(size)).error() == DropReason::kTooShort);
    }
    EXPECT(ControlHeader::parse(bytes("380000000000000000")).error() == DropReason::kBadSession);
    EXPECT(ControlHeader::parse(bytes("30f419cb12d1f9e48f")).error() == DropReason::kBadOpcode);
    EXPECT(ControlHeader::parse(bytes("08f419cb12d1f9e48f")).error() == DropReason::kBadOpcode);
  }
}

TEST_SUITE("openvpn/early_negotiation") {
  // From a live 2.6.14 server with force-cookie: flags with RESEND_WKC.
  TEST_CASE("reads the live server's request to resend the key") {
    EXPECT(EarlyNegotiation::parse(bytes("000100020001"))->resend_wrapped_key);
    EXPECT_FALSE(EarlyNegotiation::parse({})->resend_wrapped_key);
  }

  TEST_CASE("tests the bit, whatever other flags there are, and skips unknown types") {
    EXPECT(EarlyNegotiation::parse(bytes("000100028003"))->resend_wrapped_key);
    EXPECT_FALSE(EarlyNegotiation::parse(bytes("000100028002"))->resend_wrapped_key);
    EXPECT(EarlyNegotiation::parse(bytes("00070003aabbcc000100020001"))->resend_wrapped_key);
  }

  TEST_CASE("a cut TLV or flags of another size fail") {
    const auto whole = bytes("00070003aabbcc000100020001");
    for (std::size_t size = 1; size < whole.size(); ++size) {
      if (size == 7) continue;  // the end of the first TLV
      EXPECT(EarlyNegotiation::parse(std::span(whole).first(size)).error() ==
             DropReason::kMalformedReset);
    }
    EXPECT_FALSE(EarlyNegotiation::parse(bytes("0001000101")).has_value());
  }

  TEST_CASE("the sign is the top byte of the counter") {
    EXPECT(shows_early_negotiation(kEarlyNegotiationStart));
    EXPECT_FALSE(shows_early_negotiation(1));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
