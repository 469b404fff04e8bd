// Datagrams for the benchmark, at a cost that leaves the processors to what is measured.
//
//   load send ADDRESS PORT SIZE RATE SECONDS TRAIN
//     paced; says how many went. TRAIN datagrams are handed to the kernel as one (UDP_SEGMENT).
//
//   load answer ADDRESS PORT SIZE RATE SECONDS TRAIN
//     the same to whoever sends something there first, within seconds; says 0 if nobody does.
//
//   load echo ADDRESS PORT
//     sends everything back.
//
//   load ask ADDRESS PORT INTERVAL SECONDS
//     a question each INTERVAL microseconds, one at a time at most; says "questions answers p50
//     p99" with the round trips in microseconds.
//
//   load spin
//     until it is ended.
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::size_t kBatch = 32;
constexpr std::size_t kLargest = 2048;
// What was missed beyond this, or beyond two ticks of a high rate, is not made up for: a burst
// would fill a queue that the rate itself does not.
constexpr std::uint64_t kUsualBurst = 128;
constexpr microseconds kTick{200};
constexpr microseconds kTwoTicks = 2 * kTick;
// Of what is to be answered.
constexpr timeval kPatience{5, 0};

int udp_socket(const char* address, const char* port, bool ours) {
  const int made = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  const auto* const generic = reinterpret_cast<const sockaddr*>(&to);
  if (made < 0 || ::inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
      (ours ? ::bind(made, generic, sizeof to) : ::connect(made, generic, sizeof to)) != 0) {
    std::perror(address);
    std::exit(1);
  }
  return made;
}

std::uint64_t send_batch(int to, std::string& payload, std::uint64_t count) {
  std::array<mmsghdr, kBatch> messages{};
  iovec data{payload.data(), payload.size()};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &data;
    message.msg_hdr.msg_iovlen = 1;
  }
  std::uint64_t sent = 0;
  while (sent < count) {
    const auto wanted = static_cast<unsigned>(std::min<std::uint64_t>(kBatch, count - sent));
    const int went = ::sendmmsg(to, messages.data(), wanted, 0);
    if (went <= 0) break;
    sent += static_cast<std::uint64_t>(went);
  }
  return sent;
}

// Arguments: SIZE RATE SECONDS TRAIN.
int send(int to, char** arguments) {
  const int size = std::atoi(arguments[0]);
  const std::uint64_t train = std::strtoul(arguments[3], nullptr, 10);
  if (train > 1 && ::setsockopt(to, SOL_UDP, UDP_SEGMENT, &size, sizeof size) != 0) {
    std::perror("UDP_SEGMENT");
    return 1;
  }
  std::string payload(static_cast<std::size_t>(size) * train, 'x');
  const double rate = std::atof(arguments[1]);
  const std::uint64_t longest_burst =
      std::max(kUsualBurst,
               static_cast<std::uint64_t>(rate * std::chrono::duration<double>(kTwoTicks).count()));
  const auto end = Clock::now() + std::chrono::duration<double>(std::atof(arguments[2]));
  std::uint64_t sent = 0;
  auto then = Clock::now();
  double due = 0;
  while (then < end) {
    std::this_thread::sleep_until(then + kTick);
    const auto now = Clock::now();
    due += rate * std::chrono::duration<double>(now - then).count();
    then = now;
    const std::uint64_t trains = static_cast<std::uint64_t>(due) / train;
    sent += train * send_batch(to, payload, std::min(trains, longest_burst / train));
    due -= static_cast<double>(train * trains);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
  return 0;
}

int listening_socket(char** address_and_port) {
  const int ours = udp_socket(address_and_port[0], address_and_port[1], true);
  std::puts("listening");
  std::fflush(stdout);
  return ours;
}

int answer(char** arguments) {
  const int ours = listening_socket(arguments);
  sockaddr_in from{};
  socklen_t length = sizeof from;
  auto* const generic = reinterpret_cast<sockaddr*>(&from);
  char ignored = 0;
  ::setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (::recvfrom(ours, &ignored, sizeof ignored, 0, generic, &length) < 0) {
    std::puts("0");
    return 0;
  }
  if (::connect(ours, generic, length) != 0) {
    std::perror("answer");
    return 1;
  }
  return send(ours, arguments + 2);
}

int echo(char** arguments) {
  const int ours = listening_socket(arguments);
  std::array<char, kLargest> buffer;
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    auto* const generic = reinterpret_cast<sockaddr*>(&from);
    const ssize_t size = ::recvfrom(ours, buffer.data(), buffer.size(), 0, generic, &length);
    if (size >= 0)
      static_cast<void>(
          ::sendto(ours, buffer.data(), static_cast<std::size_t>(size), 0, generic, length));
  }
}

// The round trip; none within a second, or none for this question.
std::chrono::nanoseconds round_trip(int to, std::uint64_t number) {
  const auto asked = Clock::now();
  static_cast<void>(::send(to, &number, sizeof number, 0));
  pollfd waits{to, POLLIN, 0};
  while (::poll(&waits, 1, 1000) == 1) {
    std::uint64_t answer = 0;
    if (::recv(to, &answer, sizeof answer, MSG_DONTWAIT) == sizeof answer && answer == number)
      return Clock::now() - asked;
  }
  return {};
}

int ask(char** arguments) {
  const int to = udp_socket(arguments[0], arguments[1], false);
  const microseconds interval(std::atol(arguments[2]));
  const auto end = Clock::now() + std::chrono::duration<double>(std::atof(arguments[3]));
  std::vector<std::chrono::nanoseconds> trips;
  std::uint64_t asked = 0;
  for (auto next = Clock::now(); next < end; next = std::max(next + interval, Clock::now())) {
    std::this_thread::sleep_until(next);
    if (const auto trip = round_trip(to, ++asked); trip.count() > 0) trips.push_back(trip);
  }
  std::ranges::sort(trips);
  const auto at = [&](double share) {
    return trips.empty()
               ? 0.0
               : static_cast<double>(
                     trips[static_cast<std::size_t>(share * static_cast<double>(trips.size() - 1))]
                         .count()) /
                     1e3;
  };
  std::printf("%llu %zu %.1f %.1f\n", static_cast<unsigned long long>(asked), trips.size(), at(0.5),
              at(0.99));
  return 0;
}

// Keeps a processor awake, at as little cost to its neighbours as there is.
[[noreturn]] void spin() {
  for (;;) __builtin_ia32_pause();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "send" && count == 8)
    return send(udp_socket(arguments[2], arguments[3], false), arguments + 4);
  if (command == "answer" && count == 8) return answer(arguments + 2);
  if (command == "echo" && count == 4) return echo(arguments + 2);
  if (command == "spin" && count == 2) spin();
  if (command == "ask" && count == 6) return ask(arguments + 2);
  std::fputs(
      "usage: load send|answer ADDRESS PORT SIZE RATE SECONDS TRAIN | load echo ADDRESS PORT | "
      "load ask ADDRESS PORT INTERVAL SECONDS | load spin\n",
      stderr);
  return 2;
}
