// packet_path CASE TURNS: fixed inputs through the gateway's core as its loop drives it, without a
// socket or a device: batch after batch, from clients' frames to sealed trains, or from sealed
// datagrams to clients' frames. The server is the simulation's. What is measured is one function,
// turn(), which callgrind counts (instructions.py) and this program times. Prints packets, bytes
// and nanoseconds of processor time; `packet_path --list` prints the cases.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "case.h"
#include "downward.h"
#include "upward.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#endif

namespace sallyport::benchmark {
namespace {

const Case* case_of(const char* name) {
  for (const Case& each : all_cases())
    if (each.name == name) return &each;
  return nullptr;
}

template <class Workload>
void run(const Case& which, long turns) {
  Workload workload(which);
  // The first turn meets memory that nobody has touched.
  workload.prepare();
  workload.turn();
  workload.take_results();
  // What came before would take callgrind longer than what is counted.
  CALLGRIND_START_INSTRUMENTATION;
  Amount amount;
  std::clock_t spent = 0;
  for (long i = 0; i < turns; ++i) {
    workload.prepare();
    const std::clock_t before = std::clock();
    workload.turn();
    spent += std::clock() - before;
    amount += workload.take_results();
  }
  std::printf("{\"packets\": %zu, \"bytes\": %zu, \"nanoseconds\": %.0f}\n", amount.packets,
              amount.bytes, static_cast<double>(spent) * 1e9 / CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace sallyport::benchmark

int main(int count, char** arguments) {
  using namespace sallyport::benchmark;
  if (count == 2 && std::strcmp(arguments[1], "--list") == 0) {
    for (const Case& each : all_cases()) std::puts(each.name.c_str());
    return EXIT_SUCCESS;
  }
  const Case* const which = count == 3 ? case_of(arguments[1]) : nullptr;
  if (which == nullptr) {
    std::fputs("usage: packet_path CASE TURNS, or --list\n", stderr);
    return EXIT_FAILURE;
  }
  const long turns = std::strtol(arguments[2], nullptr, 10);
  if (which->up) {
    run<Upward>(*which, turns);
  } else {
    run<Downward>(*which, turns);
  }
}
