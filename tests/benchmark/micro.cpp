// The packet path's parts by themselves, timed by Google Benchmark: for a look at one of them. What
// guards their cost is instructions.py.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "counting_rng.h"
#include "crypto/aead.h"
#include "net/checksum.h"
#include "net/nat/nat.h"
#include "net/rules/rule_set.h"
#include "packet_builder.h"

namespace sallyport {
namespace {

using crypto::AeadAlgorithm;

constexpr std::size_t kAssociated = 8;

struct AeadInput {
  std::vector<std::uint8_t> key, data;
  std::array<std::uint8_t, crypto::kAeadNonceSize> nonce{};
  std::array<std::uint8_t, kAssociated> associated{};
  std::array<std::uint8_t, crypto::kAeadTagSize> tag{};

  AeadInput(AeadAlgorithm algorithm, std::size_t size)
      : key(crypto::key_size(algorithm)), data(size) {}
};

void seal(benchmark::State& state, AeadAlgorithm algorithm) {
  AeadInput input(algorithm, static_cast<std::size_t>(state.range(0)));
  crypto::AeadSealer sealer(algorithm, input.key);
  for (auto step : state) {
    ++input.nonce[0];
    sealer.seal(input.nonce, input.associated, input.data, crypto::AeadTag(input.tag));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Each packet is opened where it lies, so that it is another one the next time, and refused: that
// costs the same.
void open(benchmark::State& state, AeadAlgorithm algorithm) {
  AeadInput input(algorithm, static_cast<std::size_t>(state.range(0)));
  crypto::AeadOpener opener(algorithm, input.key);
  for (auto step : state)
    benchmark::DoNotOptimize(opener.open(input.nonce, input.associated, input.data, input.tag));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(seal, aes_256_gcm, AeadAlgorithm::kAes256Gcm)->Arg(64)->Arg(1428)->Arg(16384);
BENCHMARK_CAPTURE(open, aes_256_gcm, AeadAlgorithm::kAes256Gcm)->Arg(64)->Arg(1428)->Arg(16384);
BENCHMARK_CAPTURE(seal, chacha20_poly1305, AeadAlgorithm::kChaCha20Poly1305)->Arg(64)->Arg(1428);
BENCHMARK_CAPTURE(open, chacha20_poly1305, AeadAlgorithm::kChaCha20Poly1305)->Arg(64)->Arg(1428);

void checksum(benchmark::State& state) {
  const auto bytes = testing::counting_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto step : state) benchmark::DoNotOptimize(net::internet_checksum(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(20)->Arg(1428)->Arg(65535);

// A packet of one flow after the other out of as many.
void nat_outbound(benchmark::State& state) {
  testing::CountingRng rng;
  net::Nat nat({}, rng);
  const net::ClientId client(0);
  nat.reset({testing::ip("10.8.0.2"), std::nullopt});
  if (!nat.add_client(client)) return state.SkipWithError("no client");
  const base::Instant now(std::chrono::seconds(1000));
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  const auto packet_of = [](std::uint32_t flow) {
    return testing::udp_packet(
        {testing::ip("10.137.0.10"), base::IpAddress::v4(0xc6120001 + flow), 40000, 443},
        testing::counting_bytes(36));
  };
  testing::ByteVector bytes = packet_of(0);
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    testing::ByteVector first = packet_of(flow);
    net::Packet packet = net::parse_packet(first).value();
    if (!nat.open(client, packet, now, std::nullopt)) return state.SkipWithError("no flow");
  }
  const net::Packet whole = net::parse_packet(bytes).value();
  std::uint32_t flow = 0;
  for (auto step : state) {
    net::Packet packet = whole;
    packet.destination = base::IpAddress::v4(0xc6120001 + (flow = (flow + 7919) % flows));
    if (!nat.outbound(client, packet, now)) return state.SkipWithError("a flow is gone");
  }
}
BENCHMARK(nat_outbound)->Arg(1)->Arg(64)->Arg(1000)->Arg(60000);

// The last rule is the one that fits.
void judge(benchmark::State& state) {
  std::vector<std::string> rules(static_cast<std::size_t>(state.range(0)) - 1,
                                 "action=drop dst4=203.0.113.0/24 proto=tcp dstports=80-80");
  rules.push_back("action=accept");
  const auto set = net::RuleSet::parse("drop", rules, net::Family::kIpv4);
  if (!set) return state.SkipWithError("the rules");
  const net::RuleSubject subject{net::RuleProtocol::kUdp, testing::ip("198.18.0.1"), 443};
  const net::HostAddresses hosts;
  for (auto step : state) benchmark::DoNotOptimize(set->judge(subject, hosts));
}
BENCHMARK(judge)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace sallyport

BENCHMARK_MAIN();
