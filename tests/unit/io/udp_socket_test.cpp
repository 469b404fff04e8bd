#include "io/udp_socket.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/train_limits.h"
#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

using ByteVector = std::vector<std::uint8_t>;

const base::IpAddress kLoopback = base::IpAddress::v4(0x7f000001);

ByteVector counting(std::size_t size, std::uint8_t first = 0) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

// Two of our sockets that are connected to each other.
struct Pair {
  EventLoop loop;
  std::optional<UdpSocket> here, there;

  Pair() {
    UniqueFd one = loopback_socket(SOCK_DGRAM), other = loopback_socket(SOCK_DGRAM);
    const std::uint16_t port = port_of(one), other_port = port_of(other);
    // The ports were only held to know that they are free.
    one.reset();
    other.reset();
    here = make(port, other_port);
    there = make(other_port, port);
  }

  static UdpSocket make(std::uint16_t local, std::uint16_t remote) {
    auto socket = UdpSocket::connect({kLoopback, remote}, {.interface = {}, .local_port = local});
    REQUIRE(socket.has_value());
    return std::move(*socket);
  }

  // Everything that arrives until it is `size` bytes, datagram by datagram.
  std::vector<ByteVector> receive(UdpSocket& socket, std::size_t size) {
    std::vector<ByteVector> datagrams;
    std::size_t received = 0;
    run_until(loop, [&] {
      for (const ReceivedTrain& train : socket.receive()) {
        for (base::Bytes rest = train.bytes; !rest.empty();) {
          const base::Bytes one = rest.first(std::min(rest.size(), train.segment_size));
          datagrams.emplace_back(one.begin(), one.end());
          received += one.size();
          rest = rest.subspan(one.size());
        }
      }
      return received >= size;
    });
    return datagrams;
  }
};

// While it lives, this network's loopback takes packets of that size.
class NarrowLoopback {
 public:
  explicit NarrowLoopback(int mtu) : before_(set(mtu)) {}
  ~NarrowLoopback() { set(before_); }
  NarrowLoopback(const NarrowLoopback&) = delete;
  NarrowLoopback& operator=(const NarrowLoopback&) = delete;

 private:
  // The MTU that it had.
  static int set(int mtu) {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::ranges::copy(std::string_view("lo"), request.ifr_name);
    REQUIRE(::ioctl(fd.get(), SIOCGIFMTU, &request) == 0);
    const int before = std::exchange(request.ifr_mtu, mtu);
    REQUIRE(::ioctl(fd.get(), SIOCSIFMTU, &request) == 0);
    return before;
  }

  int before_;
};

TEST_SUITE("io/udp_socket") {
  TEST_CASE("a train of datagrams arrives as the datagrams that it is made of") {
    Pair pair;
    const ByteVector bytes = counting(10 * 1400 + 300);
    const Train train{bytes, 1400};
    REQUIRE(pair.here->send(std::span(&train, 1)) == 1);
    const auto datagrams = pair.receive(*pair.there, bytes.size());
    REQUIRE(datagrams.size() == 11);
    ByteVector together;
    for (const ByteVector& datagram : datagrams) {
      EXPECT(datagram.size() <= 1400);
      together.insert(together.end(), datagram.begin(), datagram.end());
    }
    EXPECT(together == bytes);
    EXPECT(datagrams.back().size() == 300);
  }

  TEST_CASE("many trains of different sizes keep their order") {
    Pair pair;
    std::vector<ByteVector> sent;
    std::vector<Train> trains;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      sent.push_back(counting(20 + i, static_cast<std::uint8_t>(i)));
      size += sent.back().size();
    }
    for (const ByteVector& bytes : sent) trains.push_back({bytes, bytes.size()});
    REQUIRE(pair.here->send(trains) == trains.size());
    EXPECT(pair.receive(*pair.there, size) == sent);
  }

  TEST_CASE("the largest train of the most segments goes out whole") {
    Pair pair;
    for (const std::size_t segment : {std::size_t{1000}, std::size_t{16}}) {
      const ByteVector bytes = counting(segment * base::kMaxTrainSegments);
      const Train train{bytes, segment};
      REQUIRE(pair.here->send(std::span(&train, 1)) == 1);
      EXPECT(pair.receive(*pair.there, bytes.size()).size() == base::kMaxTrainSegments);
    }
  }

  TEST_CASE("what the path does not take gets there all the same, in fragments, and is said") {
    if (!enter_own_network()) return;  // the loopback belongs to others
    const NarrowLoopback narrow(1280);
    Pair pair;
    EXPECT(pair.here->path_mtu().value() == 1280);
    const ByteVector fitting = counting(1252), bytes = counting(3 * 1400);
    const Train small{fitting, fitting.size()}, large{bytes, 1400};
    REQUIRE(pair.here->send(std::span(&small, 1)) == 1);
    EXPECT_FALSE(pair.here->take_too_large());
    REQUIRE(pair.here->send(std::span(&large, 1)) == 1);
    EXPECT(pair.here->take_too_large());
    EXPECT_FALSE(pair.here->take_too_large());
    const auto datagrams = pair.receive(*pair.there, fitting.size() + bytes.size());
    REQUIRE(datagrams.size() == 4);
    EXPECT(datagrams.back().size() == 1400);
    // What fits goes in trains again.
    const Train train{bytes, 1000};
    REQUIRE(pair.here->send(std::span(&train, 1)) == 1);
    EXPECT_FALSE(pair.here->take_too_large());
  }

  TEST_CASE("nothing there is nothing received") {
    Pair pair;
    EXPECT(pair.here->receive().empty());
  }

  TEST_CASE("a peer that is not there costs its datagrams and no more") {
    Pair pair;
    pair.there.reset();
    const ByteVector bytes = counting(100);
    const Train train{bytes, 100};
    // The refusal of one shows at a later one, and must stop neither.
    for (int i = 0; i < 5; ++i) EXPECT(pair.here->send(std::span(&train, 1)) == 1);
    EXPECT(pair.here->receive().empty());
  }

  TEST_CASE("datagrams of strangers do not arrive") {
    Pair pair;
    const UniqueFd stranger = loopback_socket(SOCK_DGRAM);
    sockaddr_in ours{};
    socklen_t size = sizeof ours;
    REQUIRE(::getsockname(pair.there->fd(), reinterpret_cast<sockaddr*>(&ours), &size) == 0);
    REQUIRE(::sendto(stranger.get(), "hello", 5, 0, reinterpret_cast<const sockaddr*>(&ours),
                     size) == 5);
    const ByteVector bytes = counting(7);
    const Train train{bytes, 7};
    REQUIRE(pair.here->send(std::span(&train, 1)) == 1);
    EXPECT(pair.receive(*pair.there, 7) == std::vector<ByteVector>{bytes});
  }

  TEST_CASE("an interface that does not exist is an error that names it") {
    enter_own_network();
    const auto socket =
        UdpSocket::connect({kLoopback, 1}, {.interface = "no-such-if", .local_port = {}});
    REQUIRE_FALSE(socket.has_value());
    EXPECT(socket.error().text.contains("no-such-if"));
  }

  TEST_CASE("a port that is taken is an error that names it") {
    const UniqueFd listener = loopback_socket(SOCK_STREAM);
    const auto socket = connect_uplink_socket(SOCK_STREAM, {kLoopback, 1},
                                              {.interface = {}, .local_port = port_of(listener)});
    REQUIRE_FALSE(socket.has_value());
    EXPECT(socket.error().text.contains(std::to_string(port_of(listener))));
  }
}

}  // namespace
}  // namespace sallyport::io
