// A client and a server with everything that can happen between them, in any order: packets lost,
// repeated, reordered, changed and forged, messages of any kind, time, sockets that break. Whatever
// happens, inside packets leave sealed or not at all, no packet id is used twice under one key,
// what comes out of the tunnel was sent into it, once, and the client never asks for time that is
// past.
#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/check.h"
#include "base/endian.h"
#include "fuzz_input.h"
#include "unsealed.h"
#include "world.h"

namespace sallyport::sim {
namespace {

using namespace openvpn;
using testing::FuzzInput;
using Packet = std::vector<std::uint8_t>;

constexpr std::string_view kMarker = "INSIDE-PACKET-IN-CLEAR";
constexpr std::size_t kMostUnderWay = 64;
// What settles at all does so in far fewer rounds.
constexpr int kMostRounds = 200;
// Of undisturbed running in one input, so that none takes for ever.
constexpr int kMostSteps = 2000;

constexpr std::array kPushes{
    "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,topology subnet,peer-id 7,cipher AES-256-GCM",
    "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,topology subnet,peer-id 7,cipher AES-256-GCM,"
    "ping 5,ping-restart 20,auth-token SESS_ID,explicit-exit-notify 2",
    "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,topology subnet,peer-id 7,cipher AES-256-GCM,"
    "key-derivation tls-ekm,protocol-flags cc-exit tls-ekm dyn-tls-crypt",
    "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,cipher BF-CBC",
};
constexpr std::array kTexts{"RESTART",
                            "RESTART,[N]why",
                            "HALT",
                            "AUTH_FAILED",
                            "EXIT",
                            "AUTH_FAILED,TEMP[backoff 9,advance remote]:later",
                            "INFO,text",
                            "AUTH_PENDING,timeout 60",
                            "AUTH_FAILED,SESSION:gone",
                            "PUSH_REPLY,auth-token another"};
constexpr std::array kPauses{base::Duration(1),          base::Duration(100'000),
                             base::Duration(1'000'000),  base::Duration(5'000'000),
                             base::Duration(61'000'000), base::Duration(3'600'000'000)};

// Nonces that have been used, as an onlooker sees them.
class SealedPackets {
 public:
  void new_session() {
    ids_.clear();
    newest_key_.reset();
  }
  void add(base::Bytes packet) {
    const auto first = parse_first_byte(packet[0]);
    CHECK(first.has_value());
    if (is_data(first->opcode)) {
      const std::size_t at = first->opcode == Opcode::kDataV2 ? 4 : 1;
      CHECK(ids_[first->key_id].insert(base::load_u32(packet, at)).second);
    } else if (newest_key_ != first->key_id) {
      newest_key_ = first->key_id;
      ids_[first->key_id].clear();
    }
  }

 private:
  std::map<KeyId, std::set<std::uint32_t>> ids_;
  std::optional<KeyId> newest_key_;  // of the control channel
};

class Play {
 public:
  explicit Play(FuzzInput input)
      : input_(input), wrap_kind_(kAllWraps[input_.below(std::size(kAllWraps))]) {
    const std::uint8_t setup = input_.u8();
    script_.cookies = (setup & 1) != 0;
    script_.push_unasked = (setup & 2) != 0;
    script_.push = kPushes[setup >> 2 & 3];
    script_.exporter = script_.dynamic_tls_crypt = (setup >> 2 & 3) == 2;
    answer_requests_ = (setup & 0x10) == 0;
    restart_server();
    client_.emplace(profiles(setup), std::nullopt, client_rng_);
    client_->reconnect(now_);
    settle();
  }

  void run() {
    while (!input_.done()) {
      step();
      settle();
    }
  }

 private:
  std::vector<ClientProfile> profiles(std::uint8_t setup) const {
    std::vector<ClientProfile> profiles(1);
    Profile& profile = profiles[0].profile;
    profile = make_profile(make_wrap(wrap_kind_));
    if ((setup & 0x20) != 0) profile.rekey.every = std::chrono::seconds(15);
    if ((setup & 0x40) != 0) profile.rekey.packets = 5;
    if ((setup & 0x80) != 0) {
      Remote second = profile.remotes[0];
      second.host = "second.example.net";
      second.transport = Transport::kTcp;
      profile.remotes.push_back(second);
    }
    profiles[0].tls =
        std::make_unique<testing::FakeTlsFactory>(testing::FakeTlsFactory::End::kClient);
    return profiles;
  }

  void restart_server() {
    server_ = std::make_unique<ScriptedServer>(script_, server_wrap_, &server_key(), server_tls_,
                                               server_rng_);
  }

  void step() {
    const std::uint8_t operation = input_.u8();
    const std::size_t which = operation >> 4;
    switch (operation & 15) {
      case 0:
        return let_run(static_cast<int>(which) * 4);
      case 1:
        return pass(kPauses[which % kPauses.size()]);
      case 2:
        return deliver(take(to_client_, which, /*keep=*/false));
      case 3:
        return deliver(take(to_client_, which, /*keep=*/true));
      case 4: {
        Packet packet = take(to_client_, which, /*keep=*/true);
        if (packet.empty()) return;
        const std::size_t at = input_.u16() % packet.size();
        packet[at] = input_.u8();
        return deliver(std::move(packet));
      }
      case 5:
        if (Packet packet = take(to_server_, which, /*keep=*/false); !packet.empty())
          server_->handle_packet(now_, std::move(packet));
        return;
      case 6:
        return deliver(input_.bytes(input_.u8()));
      case 7:
        return server_->send_text(kTexts[which % kTexts.size()]);
      case 8:
        return server_->send_text(std::string(base::text_of(input_.bytes(input_.u8()))));
      case 9:
        return send_from_server(input_.bytes(input_.u8()));
      case 10: {
        const std::uint8_t first = input_.u8();
        const auto parsed = parse_first_byte(first);
        if (!parsed || is_data(parsed->opcode)) return;
        return server_->send_control(now_, parsed->opcode, parsed->key_id,
                                     input_.bytes(input_.u8()));
      }
      case 11:
        return server_->start_rekey(now_);
      case 12:
      case 13:
        return send_inside();
      case 14:
        return user(which);
      case 15:
        return network(which);
    }
  }

  // What the user does, and what becomes of the server.
  void user(std::size_t which) {
    switch (which % 5) {
      case 0:
        return client_->reconnect(now_);
      case 1:
        return client_->stop(now_);
      case 2:
        if (client_->session() != nullptr) client_->session()->rekey(now_);
        return;
      case 3:
        return restart_server();
      case 4:
        script_.silent = !script_.silent;
        server_->script().silent = script_.silent;
    }
  }

  void network(std::size_t which) {
    switch (which % 5) {
      case 0:
        return client_->handle_resolved(now_, {kServerAddress}, "");
      case 1:
        return client_->handle_resolved(now_, {}, "no such name");
      case 2:
        return connect();
      case 3:
        return client_->handle_disconnected(now_, "broken");
      case 4:
        answer_requests_ = !answer_requests_;
    }
  }

  void connect() {
    if (client_->phase() == Client::Phase::kConnecting) sealed_.new_session();
    client_->handle_connected(now_);
  }

  static Packet take(std::deque<Packet>& from, std::size_t which, bool keep) {
    if (from.empty()) return {};
    const auto found = from.begin() + static_cast<std::ptrdiff_t>(which % from.size());
    Packet packet = *found;
    if (!keep) from.erase(found);
    return packet;
  }

  void deliver(Packet packet) {
    Session* const session = client_->session();
    if (session == nullptr || packet.empty()) return;
    const auto first = parse_first_byte(packet[0]);
    if (!first || !is_data(first->opcode)) {
      (void)session->handle_control(now_, packet);
      return;
    }
    const auto opened = session->open(packet);
    if (opened && opened->kind == Opened::Kind::kPacket) {
      const auto sent = from_server_.find(std::string(base::text_of(opened->packet)));
      CHECK(sent != from_server_.end());
      from_server_.erase(sent);
    }
    session->data_batch_done(now_);
  }

  void send_from_server(const Packet& plain) {
    if (!server_->connected()) return;
    from_server_.emplace(base::text_of(plain));
    server_->send_data(base::text_of(plain));
  }

  // As the gateway does it: in the state connected and in no other.
  void send_inside() {
    Session* const session = client_->session();
    if (client_->phase() != Client::Phase::kConnected) return;
    CHECK(session != nullptr && session->ready());
    Packet packet = testing::unsealed(session->seal_room(), base::bytes_of(kMarker));
    if (session->seal(packet, kMarker.size())) send(std::move(packet));
    session->data_batch_done(now_);
  }

  void send(Packet packet) {
    CHECK(base::text_of(packet).find(kMarker) == std::string_view::npos);
    sealed_.add(packet);
    push(to_server_, std::move(packet));
  }

  static void push(std::deque<Packet>& queue, Packet packet) {
    if (queue.size() == kMostUnderWay) queue.pop_front();
    queue.push_back(std::move(packet));
  }

  void pass(base::Duration duration) {
    const auto before = std::chrono::floor<std::chrono::seconds>(now_.mono.time_since_epoch());
    now_.mono += duration;
    now_.wall += std::chrono::floor<std::chrono::seconds>(now_.mono.time_since_epoch()) - before;
  }

  // Both ways undisturbed, until nothing is under way for `quiet` deadlines.
  void let_run(int quiet) {
    for (; steps_ < kMostSteps; ++steps_) {
      settle();
      if (!to_server_.empty()) {
        server_->handle_packet(now_, take(to_server_, 0, /*keep=*/false));
      } else if (!to_client_.empty()) {
        deliver(take(to_client_, 0, /*keep=*/false));
      } else if (const auto deadline = client_->next_deadline(); deadline && quiet > 0) {
        --quiet;
        pass(*deadline - now_.mono);
      } else {
        return;
      }
    }
  }

  // All that is due now. It must come to an end.
  void settle() {
    for (int rounds = 0;; ++rounds) {
      CHECK(rounds < kMostRounds);
      client_->handle_timeout(now_);
      take_outputs();
      take_packets();
      const auto deadline = client_->next_deadline();
      if (!deadline || *deadline > now_.mono) break;
    }
    server_->handle_timeout(now_);
    while (auto packet = server_->poll_packet(now_)) push(to_client_, std::move(*packet));
  }

  void take_packets() {
    while (auto packet = client_->poll_packet(now_)) send(std::move(*packet));
  }

  void take_outputs() {
    while (const auto output = client_->poll(now_)) {
      if (std::holds_alternative<CloseRequest>(*output)) {
        take_packets();
      } else if (std::holds_alternative<TunnelUp>(*output)) {
        // Whoever hears of the tunnel uses it at once.
        CHECK(client_->session() != nullptr && client_->session()->ready());
        CHECK(client_->remote_address().has_value());
        send_inside();
      } else if (std::holds_alternative<ResolveRequest>(*output)) {
        if (answer_requests_) client_->handle_resolved(now_, {kServerAddress}, "");
      } else if (std::holds_alternative<ConnectRequest>(*output)) {
        if (answer_requests_) connect();
      }
    }
  }

  FuzzInput input_;
  WrapKind wrap_kind_;
  base::Now now_{base::Instant(std::chrono::seconds(1000)),
                 base::WallTime(std::chrono::seconds(1'900'000'000))};
  testing::CountingRng client_rng_{1}, server_rng_{2};
  testing::FakeTlsFactory server_tls_{testing::FakeTlsFactory::End::kServer};
  ControlWrap server_wrap_ = make_wrap(wrap_kind_);
  ScriptedServer::Script script_;
  std::unique_ptr<ScriptedServer> server_;
  std::optional<Client> client_;
  bool answer_requests_ = true;
  int steps_ = 0;
  std::deque<Packet> to_client_, to_server_;
  SealedPackets sealed_;
  std::multiset<std::string> from_server_;  // sent and not received yet
};

}  // namespace
}  // namespace sallyport::sim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::sim::Play({data, size}).run();
  return 0;
}
