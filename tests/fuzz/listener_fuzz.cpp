// A server and datagrams from many addresses, as operations: resets, third packets, data, what the
// server itself said, repeated, changed, and time that passes. Whatever comes, no one is let in
// whom no cookie has reached, an answer goes to who asked and is no longer than allowed, resets
// leave nothing, and the number of those on their way stays bounded.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "base/check.h"
#include "fuzz_input.h"
#include "openvpn/wire/early_negotiation.h"
#include "server_world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using testing::FuzzInput;
using Packet = std::vector<std::uint8_t>;

constexpr std::size_t kMostKept = 64;
constexpr std::array kPauses{base::Duration(1000), base::Duration(1'000'000),
                             base::Duration(31'000'000), base::Duration(95'000'000)};

struct Seen {
  Path path;
  Packet packet;
};

class Play {
 public:
  explicit Play(FuzzInput input)
      : input_(input),
        kind_(kAllWraps[input_.below(std::size(kAllWraps))]),
        wrap_(make_wrap(kind_)),
        key_(32, 7),
        server_(config(input_.u8()),
                std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kServer),
                key_, rng_) {}

  void run() {
    while (!input_.done()) {
      step();
      collect();
      CHECK(server_.handshaking() <= server_.config().max_clients + 1024);
    }
  }

 private:
  ServerConfig config(std::uint8_t setup) const {
    ServerConfig config = make_server_config(kind_);
    config.door.force_cookie = (setup & 1) != 0;
    config.door.resets = (setup & 2) != 0 ? 3 : 1000;
    config.max_clients = 4;
    return config;
  }

  Path path() {
    const std::uint8_t which = input_.u8();
    return {which & 1u, base::IpAddress::v4(0xcb007100u + (which >> 1 & 7)),
            static_cast<std::uint16_t>(1000 + (which >> 4))};
  }

  void step() {
    switch (input_.below(8)) {
      case 0:
        return reset();
      case 1:
        return third();
      case 2: {
        const Path from = path();
        return give(from, input_.bytes(input_.u8()));
      }
      case 3:
        return again(/*change=*/false);
      case 4:
        return again(/*change=*/true);
      case 5:
        return pass(kPauses[input_.below(kPauses.size())]);
      case 6: {
        // Our own words, thrown back.
        if (answers_.empty()) return;
        const Seen& answer = answers_[input_.below(static_cast<std::uint32_t>(answers_.size()))];
        return give(answer.path, answer.packet);
      }
      default: {
        Packet data = input_.bytes(40);
        if (!data.empty()) data[0] = 0x48;
        const Path from = path();
        return give(from, data);
      }
    }
  }

  ControlWrapper wrapper(std::uint32_t counter) const {
    if (const auto* auth = std::get_if<TlsAuthWrap>(&wrap_))
      return ControlWrapper::tls_auth(auth->key, auth->direction, auth->digest);
    if (const auto* crypt = std::get_if<TlsCryptWrap>(&wrap_))
      return ControlWrapper::tls_crypt(crypt->key, Role::kClient, counter);
    if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap_))
      return ControlWrapper::tls_crypt(v2->key.key(), Role::kClient, counter);
    return ControlWrapper::plain();
  }

  Packet pack(Opcode opcode, SessionId session, const ControlBody& body, std::uint32_t counter) {
    Packet packet = wrapper(counter).wrap(now_, {opcode, KeyId{}, session}, body.serialize());
    if (const auto* v2 = std::get_if<TlsCryptV2Wrap>(&wrap_);
        v2 != nullptr && brings_wrapped_key(opcode))
      packet.insert(packet.end(), v2->key.wrapped_key().begin(), v2->key.wrapped_key().end());
    return packet;
  }

  void reset() {
    const Path from = path();
    ControlBody body;
    body.message_id = MessageId(input_.below(8) == 7 ? 1 : 0);
    const bool early = input_.below(4) != 0;
    const bool has_key = kind_ == WrapKind::kTlsCryptV2;
    const std::size_t before = server_.handshaking();
    give(from, pack(has_key ? Opcode::kControlHardResetClientV3 : Opcode::kControlHardResetClientV2,
                    SessionId(1 + input_.below(4)), body, early ? kEarlyNegotiationStart : 1));
    // Only old clients of tls-crypt-v2 get state for a reset.
    if (!has_key || early || server_.config().door.force_cookie)
      CHECK(server_.handshaking() == before);
  }

  void third() {
    const Path from = path();
    ControlBody body;
    body.acks = AckList{MessageId(input_.below(3))};
    const std::uint32_t which = input_.u8();
    if (!answers_.empty()) {
      const auto header = ControlHeader::parse(answers_[which % answers_.size()].packet);
      if (header) body.acked_session = header->session;
    }
    body.message_id = MessageId(input_.below(3));
    const std::size_t before = server_.handshaking();
    const SessionId session(1 + input_.below(4));
    give(from, pack(kind_ == WrapKind::kTlsCryptV2 ? Opcode::kControlWkcV1 : Opcode::kControlV1,
                    session, body, kEarlyNegotiationStart + 1));
    if (server_.handshaking() == before) return;
    // Whoever came in was answered before, there, under the session id that he gives back.
    CHECK(std::ranges::any_of(answers_, [&](const Seen& answer) {
      const auto header = ControlHeader::parse(answer.packet);
      return answer.path == from && header && header->session == body.acked_session;
    }));
  }

  void again(bool change) {
    if (sent_.empty()) return;
    Seen seen = sent_[input_.below(static_cast<std::uint32_t>(sent_.size()))];
    if (change && !seen.packet.empty()) {
      const std::size_t at = input_.u16() % seen.packet.size();
      seen.packet[at] ^= input_.u8();
    } else {
      seen.path = path();
    }
    give(seen.path, std::move(seen.packet));
  }

  void give(const Path& from, Packet packet) {
    if (sent_.size() < kMostKept) sent_.push_back({from, packet});
    asked_ = Seen{from, packet};
    CHECK(!server_.handle_datagram(now_, from, packet).has_value());
    server_.batch_done(now_);
  }

  void pass(base::Duration duration) {
    now_.mono += duration;
    now_.wall += std::chrono::duration_cast<std::chrono::seconds>(duration);
    asked_.reset();
    server_.handle_timeout(now_);
  }

  void collect() {
    while (server_.poll()) {
    }
    while (auto packet = server_.poll_packet(now_)) {
      const auto first = parse_first_byte(packet->packet.at(0));
      CHECK(first && !is_data(first->opcode));
      const bool keeps_nothing = server_.handshaking() == 0;
      if (keeps_nothing && asked_) {
        CHECK(packet->path == asked_->path);
        CHECK(packet->packet.size() <= 2 * asked_->packet.size());
      }
      if (answers_.size() < kMostKept) answers_.push_back({packet->path, packet->packet});
    }
  }

  FuzzInput input_;
  WrapKind kind_;
  ControlWrap wrap_;
  std::vector<std::uint8_t> key_;
  testing::CountingRng rng_;
  Server server_;
  base::Now now_{base::Instant(std::chrono::seconds(1000)),
                 base::WallTime(std::chrono::seconds(1'900'000'000))};
  std::vector<Seen> sent_, answers_;
  std::optional<Seen> asked_;
};

}  // namespace
}  // namespace sallyport::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::sim::Play(sallyport::testing::FuzzInput(data, size)).run();
  return 0;
}
