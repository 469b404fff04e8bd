#include "case.h"

#include <vector>

namespace sallyport::benchmark {
namespace {

// What a tunnel of usual overhead leaves of 1500 bytes, for TCP without options.
constexpr std::size_t kSegment = 1388;
constexpr std::size_t kSuper = 47 * kSegment;
// A datagram of 64 bytes with its headers.
constexpr std::size_t kSmall = 36;
// As many as the loop takes in one turn.
constexpr std::size_t kFrames = 32;
constexpr std::size_t kTrain = 45;

using Kind = Case::Kind;

std::vector<Case> make_cases() {
  std::vector<Case> cases{
      {.name = "up-super", .payload = kSuper, .per_turn = 4, .segment = kSegment},
      {.name = "up-full", .payload = kSegment, .per_turn = kFrames},
      {.name = "up-small", .kind = Kind::kUdp, .payload = kSmall, .per_turn = kFrames},
      {.name = "up-ack", .kind = Kind::kTcpAck, .per_turn = kFrames},
      {.name = "up-single", .payload = kSegment},
      {.name = "down-train", .up = false, .payload = kSegment, .per_turn = kTrain},
      {.name = "down-full", .up = false, .kind = Kind::kUdp, .payload = 1372, .per_turn = kFrames},
      {.name = "down-udp-train",
       .up = false,
       .kind = Kind::kUdp,
       .payload = 1372,
       .per_turn = kTrain,
       .merged = true},
      {.name = "down-small",
       .up = false,
       .kind = Kind::kUdp,
       .payload = kSmall,
       .per_turn = kFrames},
      {.name = "down-ack", .up = false, .kind = Kind::kTcpAck, .per_turn = kFrames},
      {.name = "down-single", .up = false, .payload = kSegment},
  };
  for (const char* const name : {"up-super", "up-full", "down-train"}) {
    for (const Case& each : std::vector(cases)) {
      if (each.name != name) continue;
      cases.push_back(each);
      cases.back().name += "-chacha";
      cases.back().chacha = true;
    }
  }
  // The same packets through gateways of different size: what one costs must not follow it.
  struct Size {
    const char* name;
    std::size_t clients, flows, rules;
  };
  for (const Size& size :
       {Size{"-1-client", 1, 64, 0}, Size{"-8-clients", 8, 64, 0}, Size{"-64-clients", 64, 64, 0},
        Size{"-100000-flows", 160, 100'000, 0}, Size{"-1000-rules", 64, 64, 1000}}) {
    for (const bool up : {true, false}) {
      cases.push_back({.name = (up ? "up" : "down") + std::string(size.name),
                       .up = up,
                       .kind = Kind::kUdp,
                       .payload = kSmall,
                       .per_turn = kFrames,
                       .clients = size.clients,
                       .flows = size.flows,
                       .rules = size.rules});
    }
  }
  return cases;
}

}  // namespace

std::span<const Case> all_cases() {
  static const std::vector<Case> cases = make_cases();
  return cases;
}

}  // namespace sallyport::benchmark
