// Data packets under every header, cipher and framing: any bytes, any plaintext sealed with the
// right key, sealed packets that were changed on their way, and keys that come and go between them.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "counting_rng.h"
#include "fuzz_input.h"
#include "openvpn/data/data_channel.h"
#include "openvpn_keys.h"

namespace sallyport::openvpn {
namespace {

using testing::FuzzInput;
using Packet = std::vector<std::uint8_t>;

constexpr std::uint32_t kReplayWindow = 64;
// Of a V1 packet.
constexpr std::size_t kLeastOverhead = 1 + 4 + 16;

// The client's channel under test, and the keys its server seals with.
class Ends {
 public:
  explicit Ends(std::uint8_t setup)
      : suite_{(setup & 0x20) != 0 ? kCbc[setup & 3] : kAead[setup & 3], crypto::Digest::sha1(),
               (setup & 0x60) == 0x40 && (setup & 4) == 0},
        peer_id_((setup & 4) != 0 ? kNoPeerId : PeerId(7)),
        framing_(kFramings[setup >> 3 & 3]),
        decompress_((setup & 0x80) != 0) {
    client_.configure({suite_, peer_id_, framing_, 0, decompress_});
    server_.configure({suite_, peer_id_, framing_});
    add_key();
  }

  void run(FuzzInput& input) {
    switch (input.below(8)) {
      case 0:
        return receive(input.bytes(input.u16()));
      case 1:
        return receive(sealed_as_it_is(input.bytes(input.u16())));
      case 2: {
        Packet packet = sealed_as_it_is(input.bytes(input.u8()));
        // CBC leaves the peer id unauthenticated; nothing is decided by it.
        const std::size_t first = aead_of(suite_.cipher) ? 0 : header_.size;
        const std::size_t at = first + input.u8() % (packet.size() - first);
        packet[at] = static_cast<std::uint8_t>(packet[at] ^ 1 << input.below(8));
        // Even the first byte of V1, which is not authenticated: no other one names this key.
        CHECK(!client_.open(packet));
        return;
      }
      case 3:
        return receive_framed(input.bytes(input.u8()));
      case 4:
        return send(input.bytes(input.u8()));
      case 5:
        return add_key();
      case 6:
        client_.remove_key(KeyId::of_first_byte(input.u8()));
        return;
      case 7:
        now_ += std::chrono::seconds(input.u8());
        client_.handle_timeout(now_);
        client_.batch_done(now_);
        client_.handle_rekey_started();
        const auto deadline = client_.next_deadline();
        CHECK(!deadline || *deadline > now_);
        return;
    }
  }

 private:
  static constexpr std::array kAead{DataCipher::kAes256Gcm, DataCipher::kAes128Gcm,
                                    DataCipher::kAes192Gcm, DataCipher::kChaCha20Poly1305};
  static constexpr std::array kCbc{DataCipher::kAes256Cbc, DataCipher::kAes128Cbc,
                                   DataCipher::kAes192Cbc, DataCipher::kAes256Cbc};
  static constexpr std::array kFramings{CompressionFraming::kNone, CompressionFraming::kLzo,
                                        CompressionFraming::kStub, CompressionFraming::kStubV2};

  void add_key() {
    const StaticKey key = keys_ == 0 ? fuzz::static_key() : StaticKey(Packet(256, keys_));
    ++keys_;
    client_.add_key(id_, key, now_ + std::chrono::seconds(60));
    server_.add_key(id_, key, now_);
    server_key_.emplace(id_, suite_, key, Role::kServer, kReplayWindow, rng_);
    header_ = DataHeader::make(id_, peer_id_);
    id_ = id_.next();
  }

  // The plaintext is sealed without any framing of ours.
  Packet sealed_as_it_is(const Packet& plain) {
    const SealRoom room = suite_.room(header_.size);
    Packet packet(room.sealed_size(plain.size()));
    std::ranges::copy(plain, packet.begin() + static_cast<std::ptrdiff_t>(room.front));
    CHECK(server_key_->seal(header_, packet, plain.size()).has_value());
    return packet;
  }

  void receive(Packet packet) {
    Packet again = packet;
    const auto opened = client_.open(packet);
    if (!opened) return;
    CHECK((opened->kind == Opened::Kind::kPacket) == !opened->packet.empty());
    const std::size_t largest = packet.size() - kLeastOverhead;
    CHECK(opened->packet.size() <= largest ||
          (decompress_ && opened->packet.size() <= TunnelOptions::kMaxTunMtu));
    const auto repeated = client_.open(again);
    CHECK(!repeated && repeated.error() == DropReason::kDataReplay);
  }

  // As an honest server sends it: the client must find the same packet.
  void receive_framed(const Packet& plain) {
    if (plain.empty() || (framing_ == CompressionFraming::kStubV2 && plain[0] == 0x50)) return;
    const FramingRoom room = framing_room(framing_);
    Packet framed(room.front + plain.size() + room.back);
    std::ranges::copy(plain, framed.begin() + static_cast<std::ptrdiff_t>(room.front));
    add_framing(framing_, framed);
    Packet packet = sealed_as_it_is(framed);
    const auto opened = client_.open(packet);
    if (!opened) {
      CHECK(opened.error() == DropReason::kOcc || client_.newest_key() == nullptr ||
            client_.newest_key()->id() != server_key_->id());
      return;
    }
    if (opened->kind == Opened::Kind::kPacket) CHECK(std::ranges::equal(opened->packet, plain));
  }

  void send(const Packet& plain) {
    Packet packet = laid_out(client_, plain);
    if (!client_.seal(packet, plain.size())) {
      CHECK(!client_.ready());
      return;
    }
    if (plain.size() >= 16) CHECK(std::ranges::search(packet, plain).empty());
    // No IP packet and no ping begins so; this framing takes it for its own mark.
    const bool takes_for_mark =
        framing_ == CompressionFraming::kStubV2 && !plain.empty() && plain[0] == 0x50;
    // The server drops a key later than the client, if at all.
    const auto opened = server_.open(packet);
    CHECK(opened || takes_for_mark || opened.error() == DropReason::kOcc ||
          opened.error() == DropReason::kBadKeyId);
  }

  static Packet laid_out(const DataChannel& channel, const Packet& plain) {
    const SealRoom room = channel.seal_room();
    Packet packet(room.sealed_size(plain.size()));
    std::ranges::copy(plain, packet.begin() + static_cast<std::ptrdiff_t>(room.front));
    return packet;
  }

  DataSuite suite_;
  PeerId peer_id_;
  CompressionFraming framing_;
  bool decompress_;
  testing::CountingRng rng_;
  BatchMemory memory_;
  DataChannel client_{Role::kClient, kReplayWindow, rng_, memory_};
  DataChannel server_{Role::kServer, kReplayWindow, rng_, memory_};
  std::optional<DataKey> server_key_;
  DataHeader header_;
  KeyId id_;
  std::uint8_t keys_ = 0;
  base::Instant now_{std::chrono::seconds(1000)};
};

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::testing::FuzzInput input(data, size);
  sallyport::openvpn::Ends ends(input.u8());
  while (!input.done()) ends.run(input);
  return 0;
}
