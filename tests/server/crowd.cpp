// crowd SERVER PORT PROFILE COUNT SECONDS: COUNT clients of ours in one process, each with a socket
// and a tunnel of its own. All ping the server's address in the tunnel once a second for SECONDS,
// and say at the end how many were connected, the pings sent, those answered, and how often a
// tunnel went down.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/endian.h"
#include "crypto/system_rng.h"
#include "crypto/tls_openssl.h"
#include "io/clock.h"
#include "openvpn/profile/profile_reader.h"
#include "openvpn/session/client.h"
#include "unsealed.h"

namespace {

using namespace sallyport;
using namespace sallyport::openvpn;

class NoFiles final : public ProfileFiles {
 public:
  std::expected<base::SecretBytes, std::string> read(std::string_view) override {
    return std::unexpected("everything is inline");
  }
};

std::uint16_t checksum(base::Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += base::load_u16(bytes, i);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::array<std::uint8_t, 28> echo(const base::IpAddress& from, const base::IpAddress& to,
                                  std::uint16_t number) {
  std::array<std::uint8_t, 28> packet{0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 1};
  base::store_u32(packet, 12, from.v4_value());
  base::store_u32(packet, 16, to.v4_value());
  base::store_u16(packet, 10, checksum(std::span(packet).first(20)));
  packet[20] = 8;
  base::store_u16(packet, 26, number);
  base::store_u16(packet, 22, checksum(std::span(packet).last(8)));
  return packet;
}

class Member {
 public:
  Member(const std::string& text, const sockaddr_in& server) {
    NoFiles files;
    auto read = read_profile("crowd", base::bytes_of(text), files);
    if (!read.profile) {
      for (const std::string& problem : read.report.problems())
        std::printf("%s\n", problem.c_str());
      ::_exit(1);
    }
    std::vector<ClientProfile> profiles(1);
    auto tls = crypto::make_tls_factory(read.profile->tls.clone());
    profiles[0] = {std::move(*read.profile), std::move(*tls)};
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) ::_exit(1);
    client_ = std::make_unique<Client>(std::move(profiles), std::nullopt, rng_);
    client_->reconnect(io::read_clock());
  }

  int fd() const { return fd_; }
  bool connected() const { return client_->phase() == Client::Phase::kConnected; }
  std::optional<base::Instant> next_deadline() const { return client_->next_deadline(); }

  void receive(base::Now now) {
    std::array<std::uint8_t, 2048> space{};
    for (;;) {
      const ssize_t size = ::recv(fd_, space.data(), space.size(), 0);
      if (size <= 0) break;
      const auto packet = std::span(space).first(static_cast<std::size_t>(size));
      Session* const session = client_->session();
      const auto first = parse_first_byte(packet[0]);
      if (session == nullptr || !first) continue;
      if (!is_data(first->opcode)) {
        static_cast<void>(session->handle_control(now, packet));
        continue;
      }
      const auto opened = session->open(packet);
      // An echo reply.
      if (opened && opened->kind == Opened::Kind::kPacket && opened->packet.size() == 28 &&
          opened->packet[20] == 0) {
        ++answered;
      }
      session->data_batch_done(now);
    }
    settle(now);
  }

  void settle(base::Now now) {
    client_->handle_timeout(now);
    for (bool more = true; more;) {
      more = false;
      while (auto output = client_->poll(now)) {
        more = true;
        if (std::holds_alternative<ConnectRequest>(*output)) client_->handle_connected(now);
        if (auto* up = std::get_if<TunnelUp>(&*output)) address_ = up->options.ifconfig->local;
        if (std::holds_alternative<TunnelDown>(*output)) ++downs;
      }
      while (const auto packet = client_->poll_packet(now)) {
        more = true;
        static_cast<void>(::send(fd_, packet->data(), packet->size(), 0) < 0);
      }
    }
  }

  void ping(base::Now now) {
    Session* const session = client_->session();
    if (!connected() || session == nullptr || !session->ready()) return;
    const auto plain =
        echo(address_, base::IpAddress::v4(0x0a080001), static_cast<std::uint16_t>(++sent));
    auto packet = testing::unsealed(session->seal_room(), plain);
    if (session->seal(packet, plain.size()))
      static_cast<void>(::send(fd_, packet.data(), packet.size(), 0) < 0);
    session->data_batch_done(now);
    settle(now);
  }

  std::uint64_t sent = 0, answered = 0, downs = 0;

 private:
  crypto::SystemRng rng_;
  int fd_ = -1;
  std::unique_ptr<Client> client_;
  base::IpAddress address_;
};

class Crowd {
 public:
  Crowd(std::size_t count, const std::string& profile, const sockaddr_in& server) {
    for (std::size_t i = 0; i < count; ++i) {
      members_.push_back(std::make_unique<Member>(profile, server));
      polled_.push_back({members_.back()->fd(), POLLIN, 0});
    }
  }

  std::size_t connected() const {
    std::size_t count = 0;
    for (const auto& member : members_) count += member->connected();
    return count;
  }

  void turn() {
    ::poll(polled_.data(), polled_.size(), 10);
    const base::Now now = io::read_clock();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto deadline = members_[i]->next_deadline();
      if (polled_[i].revents != 0) {
        members_[i]->receive(now);
      } else if (deadline && *deadline <= now.mono) {
        members_[i]->settle(now);
      }
    }
  }

  // A line each second: when an answer is missing, this says which.
  void report(base::Duration since) const {
    std::uint64_t sent = 0, answered = 0, downs = 0;
    for (const auto& member : members_) {
      sent += member->sent;
      answered += member->answered;
      downs += member->downs;
    }
    std::printf("at %.1f sent %llu answered %llu downs %llu\n",
                static_cast<double>(since.count()) / 1e6, static_cast<unsigned long long>(sent),
                static_cast<unsigned long long>(answered), static_cast<unsigned long long>(downs));
    std::fflush(stdout);
  }

  void run(int seconds) {
    const base::Instant give_up = io::read_clock().mono + std::chrono::seconds(60);
    for (const auto& member : members_) member->settle(io::read_clock());
    while (connected() < members_.size() && io::read_clock().mono < give_up) turn();
    std::printf("connected %zu\n", connected());
    std::fflush(stdout);
    const base::Instant begin = io::read_clock().mono;
    base::Instant next = begin;
    const base::Instant end = next + std::chrono::seconds(seconds);
    for (base::Now now = io::read_clock(); now.mono < end; now = io::read_clock()) {
      if (now.mono >= next) {
        report(now.mono - begin);
        for (const auto& member : members_) member->ping(now);
        next += std::chrono::seconds(1);
      }
      turn();
    }
    const base::Instant late = io::read_clock().mono + std::chrono::seconds(2);
    while (io::read_clock().mono < late) turn();
    report(io::read_clock().mono - begin);
  }

 private:
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<pollfd> polled_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  sockaddr_in server{};
  server.sin_family = AF_INET;
  ::inet_pton(AF_INET, argv[1], &server.sin_addr);
  server.sin_port = htons(static_cast<std::uint16_t>(std::stoi(argv[2])));
  std::ifstream file(argv[3]);
  const std::string profile{std::istreambuf_iterator<char>(file), {}};
  Crowd(std::stoul(argv[4]), profile, server).run(std::stoi(argv[5]));
  return 0;
}
