// flood SOURCE SERVER PORT CLIENT_KEY KIND COUNT RATE: sends COUNT first packets of tls-crypt-v2
// handshakes to SERVER, RATE a second, each from another source port and under another session id.
// KIND is "valid" (made with the key in the file CLIENT_KEY); "garbage": of the same form, with a
// wrapped key that is none; or "overheard": behind somebody's genuine wrapped key a packet that was
// made without knowing it, which costs a server most to find out.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/endian.h"
#include "counting_rng.h"
#include "openvpn/control/control_wrapper.h"
#include "openvpn/wire/early_negotiation.h"
#include "openvpn/wire/tls_crypt_v2_key.h"

namespace {

using namespace sallyport;
using namespace sallyport::openvpn;
using Packet = std::vector<std::uint8_t>;

constexpr std::size_t kDistinct = 512;
constexpr std::size_t kBatch = 64;
constexpr std::size_t kUdpHeader = 8;

Packet reset_of(const TlsCryptV2ClientKey& key, base::Rng& rng, std::string_view kind) {
  ControlWrapper wrapper =
      ControlWrapper::tls_crypt(key.key(), Role::kClient, kEarlyNegotiationStart);
  ControlBody body;
  body.message_id = MessageId(0);
  const base::Now now{base::Instant{}, std::chrono::time_point_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now())};
  const SessionId session(base::random_value<std::uint64_t>(rng) | 1);
  Packet packet =
      wrapper.wrap(now, {Opcode::kControlHardResetClientV3, KeyId{}, session}, body.serialize());
  // The packet id stays as it would be: what stands in clear is easily told from nonsense.
  constexpr std::size_t kClear = ControlHeader::kSize + 8;
  if (kind != "valid") rng.fill(std::span(packet).subspan(kClear));
  const std::size_t begin = packet.size();
  packet.insert(packet.end(), key.wrapped_key().begin(), key.wrapped_key().end());
  // All but the length at the end.
  if (kind == "garbage") rng.fill(std::span(packet).subspan(begin, packet.size() - begin - 2));
  return packet;
}

// UDP headers by hand, so that every packet has a port of its own; the kernel adds that of IP.
std::vector<Packet> datagrams(const TlsCryptV2ClientKey& key, std::uint16_t port,
                              std::string_view kind) {
  testing::CountingRng rng;
  std::vector<Packet> all;
  for (std::size_t i = 0; i < kDistinct; ++i) {
    const Packet payload = reset_of(key, rng, kind);
    Packet datagram(kUdpHeader);
    base::store_u16(datagram, 2, port);
    base::store_u16(datagram, 4, static_cast<std::uint16_t>(kUdpHeader + payload.size()));
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    all.push_back(std::move(datagram));
  }
  return all;
}

sockaddr_in address_of(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  std::ifstream file(argv[4]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto key = TlsCryptV2ClientKey::parse(text);
  const int fd = ::socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  sockaddr_in source = address_of(argv[1]);
  sockaddr_in target = address_of(argv[2]);
  if (!key || fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0)
    return 1;
  auto packets = datagrams(*key, static_cast<std::uint16_t>(std::stoi(argv[3])), argv[5]);
  const std::size_t count = std::stoul(argv[6]);
  const double rate = std::stod(argv[7]);

  const auto begin = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  while (sent < count) {
    mmsghdr messages[kBatch]{};
    iovec pieces[kBatch];
    for (std::size_t i = 0; i < kBatch; ++i) {
      Packet& packet = packets[(sent + i) % kDistinct];
      base::store_u16(packet, 0, static_cast<std::uint16_t>(1024 + (sent + i) % 60000));
      pieces[i] = {packet.data(), packet.size()};
      messages[i].msg_hdr.msg_name = &target;
      messages[i].msg_hdr.msg_namelen = sizeof target;
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = ::sendmmsg(fd, messages, kBatch, 0);
    if (done > 0) sent += static_cast<std::size_t>(done);
    std::this_thread::sleep_until(begin +
                                  std::chrono::duration<double>(static_cast<double>(sent) / rate));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%zu %.3f %zu\n", sent, took.count(), packets[0].size() - kUdpHeader);
  ::close(fd);
  return 0;
}
