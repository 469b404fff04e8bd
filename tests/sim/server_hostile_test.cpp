// What a peer may do at the worst moment: packets of any form at any stage, packets again and in
// any order, a new start in the middle of things, rekeys that are broken off. Both ends are ours;
// each must stay, or begin anew.
#include <algorithm>

#include "knocker.h"
#include "server_world.h"
#include "test.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const base::IpAddress kInside = base::IpAddress::v4(0x0a080001);
constexpr Opcode kControlOpcodes[] = {Opcode::kControlSoftResetV1,
                                      Opcode::kControlV1,
                                      Opcode::kAckV1,
                                      Opcode::kControlHardResetClientV2,
                                      Opcode::kControlHardResetServerV2,
                                      Opcode::kControlHardResetClientV3,
                                      Opcode::kControlWkcV1};

// The session ids of the client's and the server's end; without a wrap they stand in clear.
struct Ids {
  SessionId client, server;
};

Ids ids_of(const ServerWorld& world) {
  Ids ids;
  for (const auto& [path, packet] : world.overheard) {
    if (const auto header = ControlHeader::parse(packet)) ids.client = header->session;
  }
  for (const auto& packet : world.overheard_back) {
    if (const auto header = ControlHeader::parse(packet)) ids.server = header->session;
  }
  return ids;
}

// `size` bytes of nonsense that begin like a packet of that end's; most of the longer ones are
// right up to a message id that may be expected.
std::vector<std::uint8_t> forged(testing::CountingRng& rng, std::size_t size, Opcode opcode,
                                 SessionId from, SessionId to) {
  std::vector<std::uint8_t> packet(size);
  rng.fill(packet);
  ControlBody body;
  if (rng.next() % 2 == 0) {
    body.acks = AckList{MessageId(static_cast<std::uint32_t>(rng.next() % 4))};
    body.acked_session = to;
  }
  if (opcode != Opcode::kAckV1)
    body.message_id = MessageId(static_cast<std::uint32_t>(rng.next() % 4));
  const auto header = ControlHeader{opcode, KeyId{}, from}.serialize();
  const auto front = body.serialize();
  std::copy_n(header.begin(), std::min(size, header.size()), packet.begin());
  if (rng.next() % 3 != 0 && size >= header.size() + front.size())
    std::ranges::copy(front, packet.begin() + static_cast<std::ptrdiff_t>(header.size()));
  return packet;
}

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t size = 0; size < 100; ++size) all.push_back(size);
  for (std::size_t size = 100; size < 65535; size = size * 5 / 4) all.push_back(size);
  all.push_back(65535);
  return all;
}

TEST_SUITE("sim/server_hostile") {
  TEST_CASE("R1: control packets of every size, at every stage, end no more than an attempt") {
    testing::CountingRng rng(11);
    for (const int stage : {0, 30, 50, 70, 90, 110, 130, 2000}) {
      CAPTURE(stage);
      ServerWorld world({.wrap = WrapKind::kPlain});
      world.overhear = true;
      world.run_for(milliseconds(stage));
      for (const Opcode opcode : kControlOpcodes) {
        for (const std::size_t size : sizes()) {
          const Ids ids = ids_of(world);
          world.inject(world.client(0).path, forged(rng, size, opcode, ids.client, ids.server));
          auto packet = forged(rng, size, opcode, ids.server, ids.client);
          if (Session* const session = world.client(0).client->session(); session && size > 0)
            static_cast<void>(session->handle_control(world.now(), packet));
        }
        world.overheard.clear();
        world.overheard_back.clear();
        world.run_for(milliseconds(10));
      }
      REQUIRE(world.run_until([&] { return world.all_connected(); }, minutes(10)));
    }
  }

  TEST_CASE("R1: a third packet is taken or too long, and what TLS makes of it ends that client") {
    testing::CountingRng rng(12);
    for (const WrapKind wrap : kAllWraps) {
      CAPTURE(static_cast<int>(wrap));
      ServerWorld world(empty_server(wrap));
      unsigned too_long = 0;
      for (const std::size_t size : {0U, 1U, 1400U, 2048U, 2049U, 16385U, 65000U}) {
        CAPTURE(size);
        Knocker knocker(wrap, 100 + size);
        std::vector<std::uint8_t> payload(size, 0xff);
        world.inject(kStranger, knocker.reset(world.now()));
        const SessionId cookie = cookie_in(world.answers.back());
        const std::size_t before = world.answers.size();
        world.inject(kStranger, knocker.third(world.now(), cookie, 0, 1, payload));
        EXPECT((world.answers.size() > before) == (size <= 2048));
        EXPECT(world.server().drops()[DropReason::kTooLong] ==
               (size > 2048 ? ++too_long : too_long));
        world.run_for(seconds(70));
        EXPECT(world.server().handshaking() == 0);
      }
    }
  }

  TEST_CASE("R19: a handshake's first packets, in any order, damaged and again, make one client") {
    ServerWorld::Setup setup{.wrap = WrapKind::kTlsCryptV2};
    ServerWorld genuine(std::move(setup));
    genuine.overhear = true;
    REQUIRE(genuine.run_until([&] { return genuine.all_connected(); }, seconds(10)));
    const Path path = genuine.client(0).path;
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    const auto packet = [&](std::size_t i) { return genuine.overheard.at(i).second; };
    do {
      // The same seed: the same cookies, so that it is the genuine handshake once more.
      ServerWorld world(empty_server());
      for (const std::size_t first : order) {
        // Wholly; its wrapped key damaged; its own bytes damaged; cut.
        for (const std::size_t damage :
             {std::size_t{0}, std::size_t{40}, packet(first).size() - 20, std::size_t{1}}) {
          auto bytes = packet(first);
          if (damage == 1) bytes.pop_back();
          if (damage > 1) bytes[damage] ^= 0x10;
          world.inject(path, bytes);
          EXPECT(world.server().handshaking() <= 1);
        }
      }
      for (const std::size_t again : order) world.inject(path, packet(again));
      // The third packet came at last, whatever was before it.
      EXPECT(world.server().handshaking() == 1);
      EXPECT(world.server().connected() == 0);
    } while (std::ranges::next_permutation(order).found);
  }

  TEST_CASE("R19: the wrapped key of a client that is there is not looked at again") {
    ServerWorld world(empty_server());
    Knocker knocker(WrapKind::kTlsCryptV2);
    world.inject(kStranger, knocker.reset(world.now()));
    const SessionId cookie = cookie_in(world.answers.at(0));
    world.inject(kStranger, knocker.third(world.now(), cookie));
    REQUIRE(world.server().handshaking() == 1);
    // Again, as when it was lost, and with a key that is none: of the right length, and full of
    // nonsense.
    auto again = knocker.third(world.now(), cookie);
    std::fill(again.end() - 200, again.end() - 2, std::uint8_t{0xaa});
    const std::size_t before = world.server().drops().total();
    world.inject(kStranger, again);
    EXPECT(world.server().drops().total() == before);
    EXPECT(world.server().handshaking() == 1);
  }

  TEST_CASE("R26, R27: who starts anew while packets and acknowledgements wait gets none of them") {
    for (const int after : {0, 30, 50, 70, 90, 110, 5000, 10030, 10050}) {
      CAPTURE(after);
      ServerWorld::Setup setup{.wrap = WrapKind::kPlain};
      setup.change_config = [](ServerConfig& config) { config.rekey.every = seconds(10); };
      ServerWorld world(std::move(setup));
      world.overhear = true;
      world.run_for(milliseconds(after));
      // Both ends have more to say than is heard.
      world.client(0).network.weather().lost = 1000;
      if (world.client(0).connected()) world.client(0).client->session()->rekey(world.now());
      world.run_for(milliseconds(after == 5000 ? 6000 : 100));
      const SessionId old = ids_of(world).client;
      world.client(0).client->reconnect(world.now());
      world.run_for(milliseconds(1));  // its goodbye is not heard either
      world.client(0).network.weather().lost = 0;
      world.overheard.clear();
      const std::size_t ups = world.client(0).ups.size();
      REQUIRE(world.run_until([&] { return world.client(0).ups.size() > ups; }, seconds(70)));
      world.run_for(seconds(25));
      for (const auto& [path, packet] : world.overheard) {
        const auto header = ControlHeader::parse(packet);
        if (header && !is_data(header->opcode)) EXPECT(header->session != old);
      }
      // The server's old words may still be under way; to the new session they are a stranger's.
      EXPECT(world.client(0).connected());
      EXPECT(world.client(0).ups.size() == ups + 1);
      EXPECT(world.send_up(0, kInside, "after"));
      world.run_for(seconds(1));
      EXPECT(world.inside.back() == "after");
      EXPECT(world.server().connected() == 1);
    }
  }

  TEST_CASE("R28: a rekey that is broken off at any step leaves a tunnel, or makes a new one") {
    enum class End { kSilence, kPause, kNewStart };
    for (const End end : {End::kSilence, End::kPause, End::kNewStart}) {
      for (int step = 0; step <= 200; step += 10) {
        CAPTURE(static_cast<int>(end));
        CAPTURE(step);
        ServerWorld world(
            {.wrap = kAllWraps[static_cast<std::size_t>(step / 10) % std::size(kAllWraps)]});
        REQUIRE(world.run_until([&] { return world.all_connected(); }, seconds(10)));
        REQUIRE(world.client(0).ups[0].options.flags.dynamic_tls_crypt);
        world.client(0).client->session()->rekey(world.now());
        world.run_for(milliseconds(step));
        if (end == End::kNewStart) {
          world.client(0).client->reconnect(world.now());
        } else {
          world.client(0).network.weather().lost = 1000;
          world.run_for(seconds(end == End::kPause ? 20 : 200));
          world.client(0).network.weather().lost = 0;
        }
        REQUIRE(world.run_until([&] { return world.all_connected(); }, minutes(10)));
        world.run_for(minutes(2));
        // And the next one works.
        world.client(0).client->session()->rekey(world.now());
        world.run_for(minutes(2));
        EXPECT(world.client(0).connected());
        EXPECT(world.send_up(0, kInside, "up"));
        EXPECT(world.send_down(0, "down"));
        world.run_for(seconds(1));
        EXPECT(world.inside.back() == "up");
        EXPECT(world.client(0).received.back() == "down");
      }
    }
  }

  TEST_CASE("R11: what a flood of resets brings out is bounded, whatever the wrap") {
    for (const WrapKind wrap : kAllWraps) {
      CAPTURE(static_cast<int>(wrap));
      ServerWorld world(empty_server(wrap));
      std::size_t reset_size = 0;
      for (std::uint16_t i = 0; i < 6000; ++i) {
        Path path = kStranger;
        path.port = i;
        auto reset = Knocker(wrap, 1000 + i).reset(world.now());
        reset_size = reset.size();
        world.inject(path, std::move(reset));
        world.run_for(milliseconds(5));
      }
      // connect-freq-initial's 100 in 10 s, for half a minute.
      EXPECT(world.answers.size() >= 300);
      EXPECT(world.answers.size() <= 400);
      for (const OutgoingPacket& answer : world.answers) {
        // Twelve bytes more than it answers: the acknowledgement, without which it would be another
        // protocol. Behind a tls-crypt-v2 key it is far less.
        EXPECT(answer.packet.size() <= reset_size + 12);
        EXPECT(answer.packet.size() <= 98);
      }
    }
  }

  TEST_CASE("R18: what a client says of itself is printable where it reaches the log") {
    for (const char* name : {"al\x1b[31mice", "alice\nroot is in", "\xff\xfe"}) {
      ServerWorld::Setup setup;
      setup.login = Credentials{base::SecretBytes(name), base::SecretBytes("wonderland")};
      setup.change_config = [](ServerConfig& config) { config.login.users = *UserList::parse(""); };
      ServerWorld world(std::move(setup));
      world.run_for(seconds(10));
      EXPECT(world.checks.empty());
      EXPECT(world.server().connected() == 0);
      REQUIRE_FALSE(world.notes.empty());
      for (const std::string& note : world.notes)
        EXPECT(std::ranges::all_of(note, [](char c) { return c >= 0x20 && c <= 0x7e; }));
    }
  }

  TEST_CASE("R30: a reset that is not message 0 is dropped") {
    for (const WrapKind wrap : kAllWraps) {
      ServerWorld world(empty_server(wrap));
      for (const std::uint32_t message : {1u, 2u, 0x80000000u, 0xffffffffu}) {
        world.inject(kStranger, Knocker(wrap).reset(world.now(), message));
        EXPECT(world.answers.empty());
      }
      world.inject(kStranger, Knocker(wrap).reset(world.now()));
      EXPECT(world.answers.size() == 1);
    }
  }
}

}  // namespace
}  // namespace sallyport::sim
