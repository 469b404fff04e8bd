#include "daemon/qubesdb_transport.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "io/unique_fd.h"
#include "temporary_folder.h"
#include "test.h"

namespace sallyport::daemon {
namespace {

io::UniqueFd listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  io::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

bool has_client(const io::UniqueFd& listener) {
  return io::UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)).valid();
}

TEST_SUITE("daemon/qubesdb_transport") {
  TEST_CASE("sockets are tried in turn, and the first that answers is used") {
    const testing::TemporaryFolder folder;
    const QubesDbSocket source{{folder.path("ro"), folder.path("rw")}};
    const io::UniqueFd second = listen_at(source.paths[1]);
    REQUIRE(QubesDbTransport::open(source).has_value());
    EXPECT(has_client(second));
    const io::UniqueFd first = listen_at(source.paths[0]);
    REQUIRE(QubesDbTransport::open(source).has_value());
    EXPECT(has_client(first));
    EXPECT_FALSE(has_client(second));
  }

  TEST_CASE("when none answers, the last one is named") {
    const testing::TemporaryFolder folder;
    const auto none = QubesDbTransport::open(QubesDbSocket{{folder.path("ro"), folder.path("rw")}});
    REQUIRE_FALSE(none.has_value());
    EXPECT(none.error() ==
           "cannot connect to " + folder.path("rw") + ": No such file or directory");
  }

  TEST_CASE("bytes go both ways, and the end is noticed") {
    const testing::TemporaryFolder folder;
    const io::UniqueFd listener = listen_at(folder.path("socket"));
    const auto transport = QubesDbTransport::open(QubesDbSocket{{folder.path("socket")}});
    REQUIRE(transport.has_value());
    io::UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE((*transport)->send(base::bytes_of("question")));
    EXPECT_FALSE((*transport)->has_unsent());
    std::array<char, 16> heard{};
    EXPECT(::read(peer.get(), heard.data(), heard.size()) == 8);
    REQUIRE(::write(peer.get(), "answer", 6) == 6);
    std::array<std::uint8_t, 16> space{};
    EXPECT((*transport)->read(space) == 6);
    EXPECT((*transport)->read(space) == 0);
    peer.reset();
    EXPECT((*transport)->read(space) == std::nullopt);
  }
}

}  // namespace
}  // namespace sallyport::daemon
