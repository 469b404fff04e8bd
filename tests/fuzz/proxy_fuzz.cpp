// A proxy that answers anything, in pieces of any size: no piece changes what comes of the whole,
// nothing grows without a limit, and what follows the handshake is left for the server's stream.
#include <algorithm>

#include "base/check.h"
#include "counting_rng.h"
#include "fuzz_input.h"
#include "openvpn/proxy/proxy_handshake.h"

namespace sallyport::openvpn {
namespace {

using Kind = ProxyProgress::Kind;

std::shared_ptr<const ProxyOptions> options_of(std::uint8_t setup) {
  auto options = std::make_shared<ProxyOptions>();
  options->kind = (setup & 1) != 0 ? ProxyKind::kSocks5 : ProxyKind::kHttp;
  options->host = "proxy";
  options->port = 3128;
  if ((setup & 2) != 0) {
    options->username = base::SecretBytes(std::string_view("user"));
    options->password = base::SecretBytes(std::string_view("secret"));
  }
  options->login = static_cast<ProxyLogin>(setup >> 2 & 1);
  return options;
}

struct Outcome {
  Kind kind = Kind::kMore;
  std::size_t left = 0;
  std::vector<std::uint8_t> said;
};

// All of `input`, `step` bytes at a time.
Outcome feed(std::uint8_t setup, base::Bytes input, std::size_t step) {
  testing::CountingRng rng;
  const Transport transport = (setup & 9) == 9 ? Transport::kUdp : Transport::kTcp;
  ProxyHandshake handshake(options_of(setup), {"vpn.example.net", 1194}, transport, rng);
  Outcome outcome;
  const auto take_output = [&] {
    const base::SecretBytes output = handshake.take_output();
    outcome.said.insert(outcome.said.end(), output.reveal().begin(), output.reveal().end());
  };
  const bool proxy_says_it = base::text_of(input).contains("secret");
  handshake.begin();
  take_output();
  while (!input.empty()) {
    base::Bytes piece = input.first(std::min(step, input.size()));
    const std::size_t size = piece.size();
    const ProxyProgress progress = handshake.receive(piece);
    input = input.subspan(size - piece.size());
    take_output();
    outcome.kind = progress.kind;
    CHECK((progress.kind == Kind::kFailed) == !progress.text.empty());
    CHECK(std::ranges::all_of(progress.text, [](char c) { return c >= 0x20 && c <= 0x7e; }));
    // Unless the proxy says it itself.
    CHECK(!progress.text.contains("secret") || proxy_says_it);
    if (progress.kind == Kind::kAgain) {
      handshake.begin();
      take_output();
    } else if (progress.kind != Kind::kMore) {
      break;
    }
  }
  outcome.left = input.size();
  CHECK(outcome.said.size() < 64 * 1024);
  return outcome;
}

void expect_relay_header(base::Bytes bytes) {
  std::vector<std::uint8_t> datagram(bytes.begin(), bytes.end());
  if (const auto inside = without_socks_header(datagram))
    CHECK(inside->size() + 7 <= datagram.size());
  std::vector<std::uint8_t> headed = socks_datagram_header({"vpn.example.net", 1194});
  headed.insert(headed.end(), bytes.begin(), bytes.end());
  const auto inside = without_socks_header(headed);
  CHECK(inside && std::ranges::equal(*inside, bytes));
}

void run(testing::FuzzInput input) {
  const std::uint8_t setup = input.u8();
  const std::size_t step = 1 + input.u8();
  const auto bytes = input.rest();
  const Outcome whole = feed(setup, bytes, bytes.size() + 1);
  const Outcome pieces = feed(setup, bytes, step);
  CHECK(whole.kind == pieces.kind && whole.left == pieces.left && whole.said == pieces.said);
  expect_relay_header(bytes);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::openvpn::run({data, size});
  return 0;
}
