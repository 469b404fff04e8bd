#include "io/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "temporary_folder.h"
#include "test.h"

namespace sallyport::io {
namespace {

// systemd's end.
struct Manager {
  testing::TemporaryFolder folder;
  std::string path = folder.path("notify");
  UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)};

  Manager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  std::string told() {
    std::array<char, 512> buffer;
    const ssize_t count = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    return count < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(count));
  }
};

TEST_SUITE("io/service_manager") {
  TEST_CASE("systemd is told what there is to tell, a datagram each") {
    Manager manager;
    ServiceManager service;
    EXPECT(manager.told().empty());
    service.ready();
    service.status("connected\nto somebody");
    service.alive();
    service.stopping();
    EXPECT(manager.told() == "READY=1");
    EXPECT(manager.told() == "STATUS=connected to somebody");
    EXPECT(manager.told() == "WATCHDOG=1");
    EXPECT(manager.told() == "STOPPING=1");
    EXPECT(std::getenv("NOTIFY_SOCKET") == nullptr);
  }

  TEST_CASE("the watchdog is told twice as often as it asks") {
    Manager manager;
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT(ServiceManager().watchdog_interval() == std::chrono::seconds(5));
    ::setenv("WATCHDOG_USEC", "10000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_FALSE(ServiceManager().watchdog_interval());
    ::setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_FALSE(ServiceManager().watchdog_interval());
  }

  TEST_CASE(
      "where nobody listens nothing happens, and a manager that does not read holds nobody up") {
    {
      ServiceManager nobody;
      nobody.ready();
    }
    Manager manager;
    ServiceManager service;
    for (int i = 0; i < 100000; ++i) service.alive();
    EXPECT(manager.told() == "WATCHDOG=1");
  }
}

}  // namespace
}  // namespace sallyport::io
