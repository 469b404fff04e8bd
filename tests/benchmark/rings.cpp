// rings WORKLOAD ROUNDS: packets through a vif's rings, batch after batch, between netback and a
// frontend of the tests. Prints packets, grant copy calls, copy operations and notifications; what
// netback's own functions cost meanwhile is counted from outside (rings.py).
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "netback_driver.h"

namespace {

using sallyport::testing::ByteVector;
using sallyport::testing::counting_bytes;
using sallyport::testing::NetbackDriver;
using sallyport::testing::Netfront;
using namespace sallyport;

struct Workload {
  const char* name;
  bool up;            // from the guest
  std::size_t bytes;  // of a frame
  bool gso;
};
constexpr Workload kWorkloads[] = {
    {"up-ack", true, 66, false},       {"up-full", true, 1514, false},
    {"up-super", true, 62000, true},   {"down-ack", false, 66, false},
    {"down-full", false, 1514, false}, {"down-super", false, 62000, true},
};
constexpr std::size_t kMostInBatch = 64;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "rings: %s\n", what);
  std::exit(1);
}

// One batch from the guest: as many frames as the ring takes, up to what the gateway takes at once.
std::size_t up(Netfront& front, NetbackDriver& back, const Workload& workload,
               const ByteVector& frame) {
  testing::SendOptions options;
  if (workload.gso) options.gso = testing::NetfrontGso{};
  std::size_t sent = 0;
  while (sent < kMostInBatch && front.queue(frame, options)) ++sent;
  front.push_tx();
  const auto taken = back.take_all();
  if (!taken || taken->size() != sent) fail("packets were lost on the way up");
  front.reap();
  return sent;
}

std::size_t down(Netfront& front, NetbackDriver& back, const Workload& workload,
                 const ByteVector& frame) {
  front.post();
  netback::Offload offload;
  if (workload.gso) offload = {netback::Gso::kTcp4, 1448, true, true};
  std::size_t sent = 0;
  while (sent < kMostInBatch) {
    const auto plan = back.add(frame, offload);
    if (!plan) fail("a fault");
    if (*plan != netback::RxPlan::kPlanned) break;
    ++sent;
  }
  back.flush();
  if (front.receive().size() != sent) fail("packets were lost on the way down");
  return sent;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) fail("which workload, and how many rounds?");
  const Workload* workload = nullptr;
  for (const Workload& each : kWorkloads)
    if (std::strcmp(each.name, arguments[1]) == 0) workload = &each;
  if (workload == nullptr) fail("no such workload");
  Netfront front;
  NetbackDriver back(front);
  const ByteVector frame = counting_bytes(workload->bytes);
  std::size_t packets = 0;
  for (long round = std::strtol(arguments[2], nullptr, 10); round > 0; --round)
    packets += (workload->up ? up : down)(front, back, *workload, frame);
  if (!front.complaints().empty()) fail(front.complaints().front().c_str());
  const testing::GuestMemory& memory = workload->up ? front.tx_memory() : front.rx_memory();
  std::printf("{\"packets\": %zu, \"calls\": %zu, \"copies\": %zu, \"notifications\": %zu}\n",
              packets, memory.calls(), memory.operations(),
              workload->up ? back.tx_notifications : back.rx_notifications);
}
