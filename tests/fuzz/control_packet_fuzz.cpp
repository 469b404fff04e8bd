// Control packets under each wrap: packets of any bytes, bodies that are sealed with the right key
// so that what lies behind the tag is reached, and sealed packets that were changed on their way.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/check.h"
#include "base/hex.h"
#include "fuzz_input.h"
#include "openvpn/control/control_wrapper.h"
#include "openvpn/wire/early_negotiation.h"
#include "openvpn_keys.h"

namespace sallyport::openvpn {
namespace {

using fuzz::static_key;
using testing::FuzzInput;

constexpr std::uint32_t kWraps = 5;

// Later than all real packets of the corpus, or those that follow them would be replays.
constexpr base::Now kNow{base::Instant{}, base::WallTime(std::chrono::seconds(4'000'000'000))};

ControlWrapper make_wrapper(std::uint32_t kind, Role role) {
  const StaticKey key = static_key();
  const auto direction = role == Role::kServer ? KeyDirection::kNormal : KeyDirection::kInverse;
  switch (kind) {
    case 0:
      return ControlWrapper::plain();
    case 1:
      return ControlWrapper::tls_auth(key, direction, crypto::Digest::sha1());
    case 2:
      return ControlWrapper::tls_auth(key, std::nullopt, crypto::Digest::sha256());
    case 3:
      return ControlWrapper::tls_crypt(key, role, 1);
    default:
      return ControlWrapper::tls_crypt(key, role, kEarlyNegotiationStart);
  }
}

// Two ends of one connection; `receiver` gets the packets.
class Ends {
 public:
  Ends(std::uint32_t kind, Role receiver)
      : protected_(kind != 0),
        receiver_(make_wrapper(kind, receiver)),
        sender_(make_wrapper(kind, receiver == Role::kClient ? Role::kServer : Role::kClient)) {}

  void receive(std::vector<std::uint8_t> packet) {
    const auto header = ControlHeader::parse(packet);
    if (!header) return;
    CHECK(std::ranges::equal(header->serialize(), std::span(packet).first(ControlHeader::kSize)));
    std::vector<std::uint8_t> again = packet;
    const auto body = receiver_.unwrap(packet);
    if (!body) return;
    CHECK(body->size() + receiver_.overhead() + ControlHeader::kSize == packet.size());
    if (protected_) CHECK(receiver_.unwrap(again).error() == DropReason::kControlReplay);
    read(header->opcode, *body);
  }

  void receive_sealed(const ControlHeader& header, base::Bytes body) {
    std::vector<std::uint8_t> packet = sender_.wrap(kNow, header, body);
    std::vector<std::uint8_t> received = packet;
    const auto unwrapped = receiver_.unwrap(received);
    CHECK(unwrapped.has_value() && std::ranges::equal(*unwrapped, body));
    receive(std::move(packet));
  }

  void receive_changed(const ControlHeader& header, base::Bytes body, std::size_t at,
                       std::uint8_t change) {
    std::vector<std::uint8_t> packet = sender_.wrap(kNow, header, body);
    packet[at % packet.size()] ^= change;
    const bool refused = !receiver_.unwrap(packet);
    CHECK(refused == (protected_ && change != 0));
  }

 private:
  static void read(Opcode opcode, base::Bytes bytes) {
    const auto body = ControlBody::parse(opcode, bytes);
    if (!body) return;
    CHECK(body->payload.size() <= ControlBody::kMaxPayload);
    const std::vector<std::uint8_t> same = body->serialize();
    // An ACK_V1 may have bytes behind its end, which nobody looks at.
    CHECK(same.size() <= bytes.size() && std::ranges::equal(same, bytes.first(same.size())));
    CHECK(opcode == Opcode::kAckV1 || same.size() == bytes.size());
  }

  bool protected_;
  ControlWrapper receiver_, sender_;
};

// What a server does with a packet that brings its client's key.
void receive_wrapped_key(base::Bytes packet) {
  const auto wrapped = trailing_wrapped_key(packet);
  if (!wrapped) return;
  const TlsCryptV2ServerKey server = fuzz::server_key();
  const auto key = server.unwrap(*wrapped);
  if (!key) return;
  CHECK(std::ranges::equal(server.wrap(key->key, key->metadata), *wrapped));
}

ControlHeader any_header(FuzzInput& input) {
  static constexpr std::array kOpcodes{Opcode::kControlV1,
                                       Opcode::kAckV1,
                                       Opcode::kControlSoftResetV1,
                                       Opcode::kControlHardResetClientV2,
                                       Opcode::kControlWkcV1,
                                       Opcode::kControlHardResetServerV2,
                                       Opcode::kControlHardResetClientV3};
  const std::uint8_t byte = input.u8();
  return {kOpcodes[(byte >> 3) % kOpcodes.size()], KeyId::of_first_byte(byte),
          SessionId(input.u8() + 1u)};
}

void run(FuzzInput input) {
  const std::uint8_t setup = input.u8();
  Ends ends(setup % kWraps, (setup & 0x80) != 0 ? Role::kServer : Role::kClient);
  while (!input.done()) {
    const std::uint32_t operation = input.below(4);
    if (operation == 0) {
      ends.receive(input.bytes(input.u16()));
    } else if (operation == 1) {
      const ControlHeader header = any_header(input);
      ends.receive_sealed(header, input.bytes(input.u8()));
    } else if (operation == 2) {
      const ControlHeader header = any_header(input);
      const std::uint16_t at = input.u16();
      const std::uint8_t change = input.u8();
      ends.receive_changed(header, input.bytes(input.u8()), at, change);
    } else {
      receive_wrapped_key(input.bytes(input.u16()));
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::openvpn::run({data, size});
  return 0;
}
