#include "io/local_stream.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

// A stream, and the daemon's end of it, which never waits either.
struct Connection {
  TemporaryFolder folder;
  std::string path = folder.path("daemon.sock");
  UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  std::optional<LocalStream> stream;
  UniqueFd peer;

  Connection() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    auto connected = LocalStream::connect(path);
    REQUIRE(connected.has_value());
    stream = std::move(*connected);
    peer = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    REQUIRE(peer.valid());
  }

  std::string at_peer() const {
    std::string received;
    std::array<char, 65536> buffer;
    for (ssize_t count; (count = ::read(peer.get(), buffer.data(), buffer.size())) > 0;)
      received.append(buffer.data(), static_cast<std::size_t>(count));
    return received;
  }
};

TEST_SUITE("io/local_stream") {
  TEST_CASE("carries bytes both ways, and tells nothing from the end") {
    Connection connection;
    REQUIRE(connection.stream->send(base::bytes_of("hello")));
    EXPECT(connection.at_peer() == "hello");
    std::array<std::uint8_t, 4> space{};
    EXPECT(connection.stream->read(space) == 0);
    REQUIRE(::write(connection.peer.get(), "answer", 6) == 6);
    EXPECT(connection.stream->read(space) == 4);
    EXPECT(base::text_of(space) == "answ");
    EXPECT(connection.stream->read(space) == 2);
    connection.peer.reset();
    EXPECT(connection.stream->read(space) == std::nullopt);
  }

  TEST_CASE("what the socket does not take is kept up to a limit, and leaves in order") {
    Connection connection;
    std::string sent;
    for (char mark = 'a'; !connection.stream->has_unsent(); ++mark) {
      if (mark > 'z') mark = 'a';
      const std::string piece(10'000, mark);
      REQUIRE(connection.stream->send(base::bytes_of(piece)));
      sent += piece;
    }
    std::string received;
    while (connection.stream->has_unsent()) {
      received += connection.at_peer();
      REQUIRE(connection.stream->flush());
    }
    received += connection.at_peer();
    EXPECT(received == sent);
    const std::string piece(10'000, 'x');
    std::size_t pieces = 0;
    while (connection.stream->send(base::bytes_of(piece))) REQUIRE(++pieces < 10'000);
    EXPECT(connection.stream->has_unsent());
  }

  TEST_CASE("who does not read, or is gone, shows when writing") {
    Connection connection;
    connection.peer.reset();
    EXPECT_FALSE(connection.stream->send(base::bytes_of("into nothing")));
  }

  TEST_CASE("a connection is refused at once, with the reason") {
    const TemporaryFolder folder;
    const auto nobody = LocalStream::connect(folder.path("nobody"));
    REQUIRE_FALSE(nobody.has_value());
    EXPECT(nobody.error().text.contains("nobody: No such file"));
    std::string path;
    {
      Connection gone;
      path = gone.path;
      gone.listener.reset();
      EXPECT(LocalStream::connect(path).error().text.contains("refused"));
    }
    EXPECT(LocalStream::connect(std::string(200, 'x')).error().text.contains("too long"));
  }
}

}  // namespace
}  // namespace sallyport::io
