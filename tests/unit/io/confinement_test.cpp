// What a process can still do after it gave things up, tried in children of the test.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include "io/local_users.h"
#include "io/privileges.h"
#include "io/syscall_filter.h"
#include "io/turn_pacer.h"
#include "io/unique_fd.h"
#include "test.h"

namespace sallyport::io {
namespace {

constexpr int kCould = 0;
constexpr int kWasRefused = 1;
constexpr int kSomethingElse = 2;

// How a child ends that does this: its exit code, or 128 and the signal that ended it.
int in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  // Not _exit(): a sanitizer would do more then than a caged process may.
  if (child == 0) ::syscall(SYS_exit_group, action());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int caged(const std::function<bool()>& could, OpeningFiles files = OpeningFiles::kNever) {
  return in_child([&] {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !restrict_syscalls(files)) {
      return kSomethingElse;
    }
    errno = 0;
    if (could()) return kCould;
    return errno == EPERM ? kWasRefused : kSomethingElse;
  });
}

bool can_open() {
  return ::open("/etc/passwd", O_RDONLY) >= 0;
}

std::string own_status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  }
  return {};
}

TEST_SUITE("io/confinement") {
  TEST_CASE("in the cage no file is opened, made or removed") {
    EXPECT(caged(can_open) == kWasRefused);
    EXPECT(caged([] { return ::open("/tmp/cage", O_CREAT | O_WRONLY, 0600) >= 0; }) == kWasRefused);
    EXPECT(caged([] { return ::unlink("/tmp/cage-that-is-not-there") == 0; }) == kWasRefused);
    EXPECT(caged([] { return ::mkdir("/tmp/cage", 0700) == 0; }) == kWasRefused);
    EXPECT(in_child([] { return can_open() ? kCould : kWasRefused; }) == kCould);
  }

  TEST_CASE("where a vchan may have to be listened on anew, files can be opened and nothing else") {
    EXPECT(caged(can_open, OpeningFiles::kDevices) == kCould);
    EXPECT(caged([] { return ::unlink("/tmp/cage-that-is-not-there") == 0; },
                 OpeningFiles::kDevices) == kWasRefused);
  }

  TEST_CASE(
      "calls for which libc has an older one are said not to exist, so that it asks for that") {
    for (const OpeningFiles files : {OpeningFiles::kNever, OpeningFiles::kDevices}) {
      for (const long call : {SYS_clone3, SYS_openat2, SYS_faccessat2}) {
        EXPECT(caged([&] { return ::syscall(call, 0, 0, 0, 0) >= 0 || errno != ENOSYS; }, files) ==
               kSomethingElse);
      }
    }
  }

  TEST_CASE("waits are short in the cage, too, when that was asked for before") {
    const auto slack_in_cage = [](bool asked) {
      return in_child([asked] {
        if (asked) keep_waits_short();
        const UniqueFd slack(::open("/proc/self/timerslack_ns", O_RDONLY));
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            !restrict_syscalls(OpeningFiles::kNever)) {
          return kSomethingElse;
        }
        keep_waits_short();
        char text[2] = {};
        // 1000 or 50000.
        return ::read(slack.get(), text, 1) == 1 && text[0] == '1' ? kCould : kWasRefused;
      });
    };
    EXPECT(slack_in_cage(true) == kCould);
    EXPECT(slack_in_cage(false) == kWasRefused);
  }

  TEST_CASE("running a program is the end") {
    for (const OpeningFiles files : {OpeningFiles::kNever, OpeningFiles::kDevices}) {
      EXPECT(caged([] { return ::execl("/bin/true", "true", nullptr) == 0; }, files) ==
             128 + SIGSYS);
    }
  }

  TEST_CASE("no process is made, and none is looked into") {
    EXPECT(caged([] { return ::fork() >= 0; }) == kWasRefused);
    EXPECT(caged([] { return ::kill(::getppid(), 0) == 0; }) == kWasRefused);
  }

  TEST_CASE("sockets are for the internet and for this machine; netlink and raw frames are not") {
    for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
      EXPECT(caged([&] { return ::socket(family, SOCK_DGRAM, 0) >= 0; }) == kCould);
    }
    for (const int family : {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG}) {
      EXPECT(caged([&] { return ::socket(family, SOCK_RAW, 0) >= 0; }) == kWasRefused);
    }
  }

  TEST_CASE("memory cannot be made to be run") {
    const auto map = [](int protection) {
      return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    EXPECT(caged([&] { return map(PROT_READ | PROT_WRITE) != MAP_FAILED; }) == kCould);
    EXPECT(caged([&] { return map(PROT_READ | PROT_EXEC) != MAP_FAILED; }) == kWasRefused);
    EXPECT(caged([&] {
             return ::mprotect(map(PROT_READ | PROT_WRITE), 4096, PROT_READ | PROT_EXEC) == 0;
           }) == kWasRefused);
  }

  TEST_CASE("another user has no capability left, and cannot get one back") {
    if (::getuid() != 0) return;
    const auto nobody = local_user("nobody");
    REQUIRE(nobody);
    EXPECT(in_child([&] {
             if (!become_user("nobody") || ::getuid() != nobody->user) return kSomethingElse;
             for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
               if (own_status(set) != "0000000000000000") return kCould;
             }
             if (own_status("NoNewPrivs") != "1") return kCould;
             if (::setuid(0) == 0 || ::setgid(0) == 0) return kCould;
             // Root's groups are gone too.
             return ::getgroups(0, nullptr) == static_cast<int>(nobody->groups.size()) ? kWasRefused
                                                                                       : kCould;
           }) == kWasRefused);
  }

  TEST_CASE("only a user that exists and is not root can be become") {
    EXPECT(become_user("no-such-user").error().text == "there is no user called no-such-user");
    EXPECT(become_user("root").error().text == "the user root is root");
  }

  TEST_CASE("nothing can be dumped afterwards") {
    EXPECT(in_child([] {
             if (!forbid_dumps()) return kSomethingElse;
             return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? kWasRefused : kCould;
           }) == kWasRefused);
  }

  TEST_CASE("memory is locked exactly when there is no limit on it") {
    EXPECT(in_child([] {
             const auto locked = lock_memory();
             if (!locked) return kSomethingElse;
             return *locked == (own_status("VmLck").find(" 0 kB") == std::string::npos)
                        ? kCould
                        : kWasRefused;
           }) == kCould);
  }
}

}  // namespace
}  // namespace sallyport::io
