#include "openvpn/data/data_channel.h"

#include <algorithm>
#include <chrono>

#include "counting_rng.h"
#include "openvpn/data/key_schedule.h"
#include "openvpn/wire/opcode.h"
#include "test.h"
#include "unsealed.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

KeyId key_id(int value) {
  return KeyId::of_first_byte(static_cast<std::uint8_t>(value));
}

base::Instant at(int second) {
  return base::Instant(seconds(second));
}

// 256 bytes that differ between numbers and between the two slots.
StaticKey key_number(std::uint8_t number) {
  auto bytes = vectors::counting_bytes(256);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(byte + number);
  return StaticKey(bytes);
}

DataChannel::Settings settings(CompressionFraming framing = CompressionFraming::kNone) {
  return {{DataCipher::kAes256Gcm}, PeerId(23), framing};
}

std::vector<std::uint8_t> sealed(DataChannel& channel, std::string_view text) {
  auto buffer = testing::unsealed(channel.seal_room(), base::bytes_of(text));
  REQUIRE(channel.seal(buffer, text.size()).has_value());
  return buffer;
}

// Two ends with one key.
struct Pair {
  testing::CountingRng rng;
  BatchMemory memory;
  DataChannel client{Role::kClient, 64, rng, memory};
  DataChannel server{Role::kServer, 64, rng, memory};
  explicit Pair(const DataChannel::Settings& with = settings()) {
    client.configure(with);
    server.configure(with);
    add_key(key_id(0), 1, at(0));
  }
  void add_key(KeyId id, std::uint8_t number, base::Instant from) {
    client.add_key(id, key_number(number), from);
    server.add_key(id, key_number(number), from);
  }
};

TEST_SUITE("openvpn/data_key") {
  // OpenVPN's own vector (published with its unit tests): key 7 bits, header 07 00 00 17, packet id
  // 1.
  TEST_CASE("reproduces OpenVPN's AEAD packet") {
    const std::string_view base_text = "abcdefgh01234567ABCDEFGHjkuchenl";
    std::vector<std::uint8_t> key2(256);
    for (std::size_t i = 0; i < key2.size(); ++i) {
      key2[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(base_text[i % 32]) ^ i);
    }
    const std::string_view plain = "The quick little fox jumps over the bureaucratic hurdles";
    testing::CountingRng rng;
    DataHeader header;
    header.bytes = {7, 0, 0, 23};
    header.size = 4;
    DataKey client(key_id(0), {DataCipher::kAes256Gcm}, StaticKey(key2), Role::kClient, 64, rng);
    const std::size_t front = DataSuite{}.room(header.size).front;
    std::vector<std::uint8_t> packet(front + plain.size());
    std::ranges::copy(base::bytes_of(plain), packet.begin() + static_cast<std::ptrdiff_t>(front));
    REQUIRE(client.seal(header, packet, plain.size()).has_value());
    EXPECT(base::hex_encode(std::span(packet).subspan(8, 16)) ==
           "1fdd908f0e9dc25e79d832020d58e73f");
    EXPECT(base::hex_encode(std::span(packet).subspan(4 + 30, 6)) == "a82e6b1706d9");

    DataKey server(key_id(0), {DataCipher::kAes256Gcm}, StaticKey(key2), Role::kServer, 64, rng);
    const auto opened = server.open(4, packet);
    REQUIRE(opened.has_value());
    EXPECT(base::text_of(*opened) == plain);
  }

  // CVE-2017-7479: the counter neither wraps nor aborts.
  TEST_CASE("R2: asks for a new key before the packet counter ends, and then stops") {
    testing::CountingRng rng;
    DataKey key(key_id(0), {DataCipher::kAes256Gcm}, key_number(1), Role::kClient, 64, rng);
    const DataHeader header = DataHeader::make(key_id(0), PeerId(1));
    std::vector<std::uint8_t> packet(DataSuite{}.room(header.size).sealed_size(10));
    key.skip_to(0xff000000 - 2);
    REQUIRE(key.seal(header, packet, 10).has_value());
    EXPECT_FALSE(key.wants_renewal());
    REQUIRE(key.seal(header, packet, 10).has_value());
    EXPECT(key.wants_renewal());
    key.skip_to(0xfffffffd);
    REQUIRE(key.seal(header, packet, 10).has_value());
    for (int i = 0; i < 3; ++i) EXPECT(key.seal(header, packet, 10).error() == SealError::kWornOut);
  }

  // One end may not know of the limit, and who only receives is under it too.
  TEST_CASE("GCM keys ask for their successor at 7/8 of 2^36 packets and blocks, either way") {
    constexpr std::uint64_t kLimit = ((std::uint64_t{1} << 36) - 1) / 8 * 7;
    for (const auto cipher : {DataCipher::kAes256Gcm, DataCipher::kAes128Gcm,
                              DataCipher::kChaCha20Poly1305, DataCipher::kAes256Cbc}) {
      for (const bool sealing : {false, true}) {
        testing::CountingRng rng;
        DataKey ours(key_id(0), {cipher}, key_number(1), Role::kClient, 64, rng);
        DataKey peers(key_id(0), {cipher}, key_number(1), Role::kServer, 64, rng);
        const DataHeader header = DataHeader::make(key_id(0), PeerId(1));
        std::vector<std::uint8_t> packet(DataSuite{cipher}.room(header.size).sealed_size(10));
        // A packet of ten bytes counts as one, and one block of 18 bytes as two.
        sealing ? ours.use_up(kLimit - 5, 0) : ours.use_up(0, kLimit - 5);
        for (int i = 0; i < 2; ++i) {
          EXPECT_FALSE(ours.wants_renewal());
          REQUIRE((sealing ? ours : peers).seal(header, packet, 10).has_value());
          if (!sealing) REQUIRE(ours.open(header.size, packet).has_value());
        }
        EXPECT(ours.wants_renewal() ==
               (cipher == DataCipher::kAes256Gcm || cipher == DataCipher::kAes128Gcm));
      }
    }
  }

  TEST_CASE("failed decryptions ask for a new key at 2^35, and nothing is opened from 2^36 on") {
    testing::CountingRng rng;
    DataKey ours(key_id(0), {DataCipher::kAes256Gcm}, key_number(1), Role::kClient, 64, rng);
    DataKey peers(key_id(0), {DataCipher::kAes256Gcm}, key_number(1), Role::kServer, 64, rng);
    const DataHeader header = DataHeader::make(key_id(0), PeerId(1));
    std::vector<std::uint8_t> good(DataSuite{}.room(header.size).sealed_size(10));
    std::vector<std::uint8_t> last = good;
    REQUIRE(peers.seal(header, good, 10).has_value());
    REQUIRE(peers.seal(header, last, 10).has_value());
    const auto fail = [&] {
      std::vector<std::uint8_t> forged = good;
      forged.back() ^= 1;
      return ours.open(header.size, forged).error();
    };
    ours.fail_opens((std::uint64_t{1} << 35) - 1);
    EXPECT_FALSE(ours.wants_renewal());
    EXPECT(fail() == DropReason::kDataAuthentication);
    EXPECT(ours.wants_renewal());
    ours.fail_opens((std::uint64_t{1} << 35) - 1);
    EXPECT(ours.open(header.size, good).has_value());
    EXPECT(fail() == DropReason::kDataAuthentication);
    EXPECT(ours.open(header.size, last).error() == DropReason::kDataKeyWornOut);
  }
}

TEST_SUITE("openvpn/data_channel") {
  TEST_CASE("carries packets both ways under V1 and V2 headers and every cipher") {
    for (const PeerId peer_id : {kNoPeerId, PeerId(0), PeerId(0xfffffe)}) {
      for (const auto algorithm :
           {DataCipher::kAes128Gcm, DataCipher::kAes192Gcm, DataCipher::kAes256Gcm,
            DataCipher::kChaCha20Poly1305, DataCipher::kAes128Cbc, DataCipher::kAes192Cbc,
            DataCipher::kAes256Cbc}) {
        Pair pair({{algorithm}, peer_id, CompressionFraming::kNone});
        for (int i = 0; i < 5; ++i) {
          auto up = sealed(pair.client, "from the client");
          EXPECT(up[0] == (peer_id == kNoPeerId ? 0x30 : 0x48));
          const auto opened = pair.server.open(up);
          REQUIRE(opened.has_value());
          EXPECT(base::text_of(opened->packet) == "from the client");
          auto down = sealed(pair.server, "from the server");
          EXPECT(base::text_of(pair.client.open(down)->packet) == "from the server");
        }
      }
    }
  }

  TEST_CASE("drops replays, strangers' packets and every truncation") {
    Pair pair;
    const auto packet = sealed(pair.client, "hello");
    for (std::size_t size = 0; size < packet.size(); ++size) {
      std::vector<std::uint8_t> cut(packet.begin(),
                                    packet.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(pair.server.open(cut).has_value());
    }
    for (std::size_t at = 1; at < packet.size(); ++at) {
      auto changed = packet;
      changed[at] ^= 1;
      EXPECT(pair.server.open(changed).error() == DropReason::kDataAuthentication);
    }
    auto good = packet, replay = packet, echo = packet;
    EXPECT(pair.server.open(good).has_value());
    EXPECT(pair.server.open(replay).error() == DropReason::kDataReplay);
    EXPECT(pair.client.open(echo).error() == DropReason::kDataAuthentication);
    auto other_key = packet;
    other_key[0] ^= 1;
    EXPECT(pair.server.open(other_key).error() == DropReason::kBadKeyId);
    auto control = packet;
    control[0] = 0x20;
    EXPECT(pair.server.open(control).error() == DropReason::kBadOpcode);
  }

  TEST_CASE("nothing is sealed or opened before there is a key") {
    Pair pair;
    auto packet = sealed(pair.client, "early");
    DataChannel unready(Role::kServer, 64, pair.rng, pair.memory);
    EXPECT_FALSE(unready.ready());
    EXPECT(unready.open(packet).error() == DropReason::kDataNotReady);
    std::vector<std::uint8_t> buffer(100);
    EXPECT(unready.seal(buffer, 76).error() == SealError::kNoKey);
  }

  TEST_CASE("recognises pings, empty packets and OCC messages, which never reach the inside") {
    Pair pair;
    auto ping = sealed(pair.client, base::text_of(kPingMagic));
    EXPECT(pair.server.open(ping)->kind == Opened::Kind::kPing);
    auto empty = sealed(pair.client, "");
    EXPECT(pair.server.open(empty)->kind == Opened::Kind::kPing);
    const std::string occ(base::text_of(vectors::bytes("287f346bd4ef7a812d56b8d3afc5459c")));
    auto exit = sealed(pair.client, occ + "\6");
    EXPECT(pair.server.open(exit)->kind == Opened::Kind::kExit);
    for (const char op : {'\0', '\1', '\2', '\7'}) {
      auto message = sealed(pair.client, occ + op);
      EXPECT(pair.server.open(message).error() == DropReason::kOcc);
    }
    auto bare = sealed(pair.client, occ);
    EXPECT(pair.server.open(bare).error() == DropReason::kOcc);
  }

  TEST_CASE("a new key opens at once and seals when its time has come, the old one lives on") {
    Pair pair;
    pair.add_key(key_id(1), 2, at(30));
    EXPECT(pair.client.next_deadline() == at(30));
    auto late = sealed(pair.server, "the server is slower");
    EXPECT((late[0] & 7) == 0);
    auto dead = sealed(pair.server, "far too late");
    auto before = sealed(pair.client, "old key");
    EXPECT((before[0] & 7) == 0);
    EXPECT(pair.server.open(before).has_value());
    pair.client.handle_timeout(at(29));
    EXPECT((sealed(pair.client, "x")[0] & 7) == 0);
    pair.client.handle_timeout(at(30));
    EXPECT_FALSE(pair.client.next_deadline().has_value());
    auto after = sealed(pair.client, "new key");
    EXPECT((after[0] & 7) == 1);
    EXPECT(pair.server.open(after).has_value());
    EXPECT(pair.client.open(late).has_value());
    EXPECT((sealed(pair.server, "it follows")[0] & 7) == 1);
    pair.client.remove_key(key_id(0));
    EXPECT(pair.client.open(dead).error() == DropReason::kBadKeyId);
  }

  TEST_CASE("a third key pushes the oldest out and never leaves us without one to seal") {
    Pair pair;
    pair.add_key(key_id(1), 2, at(60));
    pair.add_key(key_id(2), 3, at(90));
    auto packet = sealed(pair.client, "x");
    EXPECT((packet[0] & 7) == 1);
    EXPECT(pair.server.open(packet).has_value());
    pair.client.remove_key(key_id(1));
    EXPECT((sealed(pair.client, "x")[0] & 7) == 2);
  }

  TEST_CASE("when a further rekey begins, the newest key seals at once") {
    Pair pair;
    pair.client.handle_rekey_started();
    EXPECT((sealed(pair.client, "the only one")[0] & 7) == 0);
    pair.add_key(key_id(1), 2, at(60));
    EXPECT((sealed(pair.client, "before")[0] & 7) == 0);
    pair.client.handle_rekey_started();
    EXPECT((sealed(pair.client, "after")[0] & 7) == 1);
    EXPECT_FALSE(pair.client.next_deadline().has_value());
  }

  TEST_CASE("a worn-out key gives way to its successor before the time") {
    Pair pair;
    pair.client.newest_key()->skip_to(0xfffffffe);
    std::vector<std::uint8_t> buffer(pair.client.seal_room().sealed_size(76));
    EXPECT(pair.client.seal(buffer, 76).error() == SealError::kWornOut);
    pair.add_key(key_id(1), 2, at(1000));
    EXPECT((sealed(pair.client, "x")[0] & 7) == 1);
  }

  TEST_CASE("keys made by the two ends' PRF are the same whoever computes them") {
    const auto source = [](std::uint8_t fill) {
      KeySource made;
      std::ranges::fill(made.pre_master.reveal_mutable(), fill);
      std::ranges::fill(made.random1.reveal_mutable(), fill);
      std::ranges::fill(made.random2.reveal_mutable(), fill);
      return made;
    };
    const auto one =
        derive_data_keys_by_prf(source(1), source(2), SessionId(3), SessionId(4)).value();
    const auto same =
        derive_data_keys_by_prf(source(1), source(2), SessionId(3), SessionId(4)).value();
    const auto other =
        derive_data_keys_by_prf(source(1), source(2), SessionId(4), SessionId(3)).value();
    EXPECT(std::ranges::equal(one.reveal(), same.reveal()));
    EXPECT_FALSE(std::ranges::equal(one.reveal(), other.reveal()));
  }

  TEST_CASE("the dynamic tls-crypt key is the exported one xored with the original") {
    const std::vector<std::uint8_t> exported(256, 0xba);
    EXPECT(dynamic_tls_crypt_key(exported, nullptr).reveal()[0] == 0xba);
    const StaticKey original = key_number(0x0f);
    EXPECT(dynamic_tls_crypt_key(exported, &original).reveal()[0] == (0xba ^ 0x0f));
  }
}

TEST_SUITE("openvpn/payload_framing") {
  // Bytes seen from a live 2.6.14.
  TEST_CASE("frames a ping as OpenVPN does") {
    const std::string ping = base::hex_encode(kPingMagic);
    struct Row {
      CompressionFraming framing;
      std::string wire;
    };
    for (const Row& row :
         {Row{CompressionFraming::kNone, ping}, Row{CompressionFraming::kLzo, "fa" + ping},
          Row{CompressionFraming::kStub, "fb" + ping.substr(2) + "2a"},
          Row{CompressionFraming::kStubV2, ping}}) {
      const FramingRoom room = framing_room(row.framing);
      std::vector<std::uint8_t> buffer(room.front + kPingMagic.size() + room.back);
      std::ranges::copy(kPingMagic, buffer.begin() + static_cast<std::ptrdiff_t>(room.front));
      add_framing(row.framing, buffer);
      EXPECT(base::hex_encode(buffer) == row.wire);
      const auto inside = remove_framing(row.framing, buffer);
      REQUIRE(inside.has_value());
      EXPECT(std::ranges::equal(*inside, kPingMagic));
    }
  }

  TEST_CASE("drops whatever is compressed or framed otherwise") {
    struct Row {
      CompressionFraming framing;
      const char* wire;
      std::optional<DropReason> reason;
    };
    for (const Row& row : {Row{CompressionFraming::kLzo, "66aabb", DropReason::kCompressed},
                           Row{CompressionFraming::kLzo, "45aabb", DropReason::kBadFraming},
                           Row{CompressionFraming::kLzo, "fb4545", DropReason::kBadFraming},
                           Row{CompressionFraming::kStub, "69aabb", DropReason::kCompressed},
                           Row{CompressionFraming::kStub, "fa45", DropReason::kBadFraming},
                           Row{CompressionFraming::kStubV2, "5001aabb", DropReason::kCompressed},
                           Row{CompressionFraming::kStubV2, "5002aabb", DropReason::kBadFraming},
                           Row{CompressionFraming::kStubV2, "50", DropReason::kBadFraming},
                           Row{CompressionFraming::kStubV2, "5000aabb", std::nullopt},
                           Row{CompressionFraming::kStubV2, "500aaabb", std::nullopt},
                           Row{CompressionFraming::kStubV2, "45aabb", std::nullopt}}) {
      CAPTURE(std::string(row.wire));
      auto wire = vectors::bytes(row.wire);
      const auto inside = remove_framing(row.framing, wire);
      if (row.reason) {
        EXPECT(inside.error() == *row.reason);
      } else {
        EXPECT(base::hex_encode(*inside).ends_with("aabb"));
      }
    }
    std::vector<std::uint8_t> empty;
    EXPECT(remove_framing(CompressionFraming::kLzo, empty)->empty());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
