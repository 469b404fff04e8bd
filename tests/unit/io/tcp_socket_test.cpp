#include "io/tcp_socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

const base::IpAddress kLoopback = base::IpAddress::v4(0x7f000001);

struct Connection {
  EventLoop loop;
  UniqueFd listener = loopback_socket(SOCK_STREAM);
  std::optional<TcpSocket> socket;
  UniqueFd peer;

  Connection() {
    auto connecting = TcpSocket::connect({kLoopback, port_of(listener)}, {});
    REQUIRE(connecting.has_value());
    socket = std::move(*connecting);
    bool writable = false;
    FdWatch watch(loop, socket->fd(), FdWatch::Readiness::kWritable, [&] { writable = true; });
    REQUIRE(run_until(loop, [&] { return writable; }));
    REQUIRE(socket->connection_error().empty());
    REQUIRE(run_until(loop, [&] {
      peer = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      return peer.valid();
    }));
  }

  // What the peer gets until it is `size` bytes, while the socket goes on writing.
  std::string at_peer(std::size_t size) {
    std::string received;
    std::array<char, 65536> buffer;
    run_until(loop, [&] {
      REQUIRE(socket->flush());
      for (ssize_t count; (count = ::read(peer.get(), buffer.data(), buffer.size())) > 0;)
        received.append(buffer.data(), static_cast<std::size_t>(count));
      return received.size() >= size;
    });
    return received;
  }
};

TEST_SUITE("io/tcp_socket") {
  TEST_CASE("carries bytes both ways, and tells nothing from the end") {
    Connection connection;
    connection.socket->send(base::bytes_of("hello"));
    EXPECT(connection.at_peer(5) == "hello");
    std::array<std::uint8_t, 100> space{};
    std::size_t count = 0;
    EXPECT(connection.socket->read(space, count) == TcpSocket::ReadOutcome::kNothing);
    REQUIRE(::write(connection.peer.get(), "answer", 6) == 6);
    EXPECT(run_until(connection.loop, [&] {
      return connection.socket->read(space, count) == TcpSocket::ReadOutcome::kData;
    }));
    EXPECT(base::text_of(base::Bytes(space).first(count)) == "answer");
    connection.peer.reset();
    EXPECT(run_until(connection.loop, [&] {
      return connection.socket->read(space, count) == TcpSocket::ReadOutcome::kClosed;
    }));
  }

  TEST_CASE("what the socket does not take is queued, and leaves in order") {
    Connection connection;
    std::string sent;
    const std::string piece(60'000, 'x');
    for (char mark = 'a'; !connection.socket->has_queued() || sent.size() < 3'000'000; ++mark) {
      if (mark > 'z') mark = 'a';
      if (!connection.socket->has_room_for(piece.size() + 1)) break;
      const std::string more = mark + piece;
      connection.socket->send(base::bytes_of(more));
      sent += more;
    }
    REQUIRE(connection.socket->has_queued());
    EXPECT(connection.at_peer(sent.size()) == sent);
    EXPECT_FALSE(connection.socket->has_queued());
    EXPECT(connection.socket->has_room_for(piece.size()));
  }

  TEST_CASE("no more waits unsent in the kernel than the limit") {
    Connection connection;
    constexpr int kLimit = 20'000;
    connection.socket->limit_sending(kLimit);
    const std::string piece(8'000, 'x');
    std::size_t sent = 0;
    for (; !connection.socket->has_queued(); sent += piece.size())
      connection.socket->send(base::bytes_of(piece));
    int unsent = 0;
    REQUIRE(::ioctl(connection.socket->fd(), SIOCOUTQNSD, &unsent) == 0);
    EXPECT(unsent <= kLimit);
    EXPECT(connection.at_peer(sent).size() == sent);
  }

  TEST_CASE("a broken connection shows when writing") {
    Connection connection;
    connection.peer.reset();
    connection.listener.reset();
    EXPECT(run_until(connection.loop, [&] {
      connection.socket->send(base::bytes_of("into nothing"));
      return !connection.socket->flush();
    }));
  }

  TEST_CASE("a refused connection says so") {
    std::uint16_t port = 0;
    {
      const UniqueFd gone = loopback_socket(SOCK_STREAM);
      port = port_of(gone);
    }
    EventLoop loop;
    auto socket = TcpSocket::connect({kLoopback, port}, {});
    // On loopback it may be known at once.
    if (!socket) {
      EXPECT(socket.error().text.contains("refused"));
      return;
    }
    bool writable = false;
    FdWatch watch(loop, socket->fd(), FdWatch::Readiness::kWritable, [&] { writable = true; });
    REQUIRE(run_until(loop, [&] { return writable; }));
    EXPECT(socket->connection_error().contains("refused"));
  }
}

}  // namespace
}  // namespace sallyport::io
