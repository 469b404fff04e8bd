// The exchange of one key with peers that begin it in their own ways.
#include "openvpn/session/key_session.h"

#include "counting_rng.h"
#include "fake_tls.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using testing::FakeTlsFactory;

constexpr base::Now kNow{base::Instant(std::chrono::seconds(1000)),
                         base::WallTime(std::chrono::seconds(1'900'000'000))};

struct Bed {
  testing::CountingRng rng;
  FakeTlsFactory tls;
  KeySession session;

  Bed(Role role, FakeTlsFactory::End end, Opcode reset, KeyId id)
      : tls(end), session(id, role, reset, kNow, std::chrono::seconds(2), tls, rng) {}
  Bed(Role role, FakeTlsFactory::End end)
      : Bed(role, end, Opcode::kControlSoftResetV1, KeyId{}.next()) {}
};

AckList only(MessageId id) {
  return AckList{id};
}

// What a TLS client says first.
std::vector<std::uint8_t> client_hello() {
  FakeTlsFactory factory(FakeTlsFactory::End::kClient);
  const auto client = factory.create(kNow.wall);
  client->start();
  std::vector<std::uint8_t> hello(1000);
  hello.resize(client->send(hello));
  return hello;
}

TEST_SUITE("openvpn/key_session") {
  TEST_CASE("as a server: a client that answers our soft reset with TLS at once is understood") {
    Bed bed(Role::kServer, FakeTlsFactory::End::kServer);
    bed.session.handle_acks(only(MessageId(0)));
    EXPECT_FALSE(bed.session.tls().has_output());
    bed.session.handle_message(MessageId(0), Opcode::kControlV1, client_hello());
    EXPECT(bed.session.tls().has_output());
  }

  TEST_CASE("as a server: one that answers with a reset of its own says more behind it") {
    Bed bed(Role::kServer, FakeTlsFactory::End::kServer);
    bed.session.handle_message(MessageId(0), Opcode::kControlSoftResetV1, {});
    EXPECT_FALSE(bed.session.tls().has_output());
    bed.session.handle_message(MessageId(1), Opcode::kControlV1, client_hello());
    EXPECT(bed.session.tls().has_output());
  }

  TEST_CASE(
      "as a client: a rekey goes on when its reset is acknowledged, whether one comes back or "
      "not") {
    Bed bed(Role::kClient, FakeTlsFactory::End::kClient);
    EXPECT_FALSE(bed.session.tls().has_output());
    bed.session.handle_acks(only(MessageId(0)));
    EXPECT(bed.session.tls().has_output());
    bed.session.handle_message(MessageId(0), Opcode::kControlSoftResetV1, {});
    EXPECT(bed.session.stage() == KeySession::Stage::kHandshaking);
  }

  TEST_CASE("as a client: the first key waits for the server's reset") {
    Bed bed(Role::kClient, FakeTlsFactory::End::kClient, Opcode::kControlHardResetClientV2,
            KeyId{});
    bed.session.handle_acks(only(MessageId(0)));
    EXPECT_FALSE(bed.session.tls().has_output());
    bed.session.handle_message(MessageId(0), Opcode::kControlHardResetServerV2, {});
    EXPECT(bed.session.tls().has_output());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
