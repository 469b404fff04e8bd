// Takes the gateway's place in its unit, enters the gateway's cage, and then tries what an intruder
// would. A line each on standard error: what, and what came of it. The last attempt is one that is
// not survived.
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "daemon/cage.h"
#include "io/service_manager.h"

namespace {

struct Attempt {
  const char* what;
  bool (*succeeds)();
};

bool opens(const char* path, int flags) {
  return ::open(path, flags | O_CLOEXEC, 0600) >= 0;
}

constexpr Attempt kAttempts[] = {
    {"read a file", [] { return opens("/etc/passwd", O_RDONLY); }},
    {"read its own profile again",
     [] { return opens("/run/credentials/sallyport.service/profile.ovpn", O_RDONLY); }},
    {"make a file", [] { return opens("/run/sallyport/intruder", O_CREAT | O_WRONLY); }},
    {"talk to nftables", [] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0; }},
    {"send raw frames", [] { return ::socket(AF_PACKET, SOCK_RAW, 0) >= 0; }},
    {"send raw packets", [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0; }},
    {"become root", [] { return ::setuid(0) == 0; }},
    {"mount something", [] { return ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0; }},
    {"make memory that can be run",
     [] {
       return ::mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
              MAP_FAILED;
     }},
    {"have a child", [] { return ::fork() >= 0; }},
};

}  // namespace

int main() {
  sallyport::io::ServiceManager service;
  if (const auto cage =
          sallyport::daemon::enter_cage("sallyport", sallyport::io::OpeningFiles::kNever);
      !cage) {
    std::fprintf(stderr, "there is no cage: %s\n", cage.error().c_str());
    return 1;
  }
  service.ready();
  for (const Attempt& attempt : kAttempts) {
    errno = 0;
    const bool done = attempt.succeeds();
    std::fprintf(stderr, "%s: %s\n", attempt.what, done ? "DONE" : std::strerror(errno));
  }
  std::fprintf(stderr, "run a program:\n");
  ::execl("/usr/sbin/nft", "nft", "flush", "ruleset", nullptr);
  std::fprintf(stderr, "run a program: %s\n", std::strerror(errno));
  return 0;
}
