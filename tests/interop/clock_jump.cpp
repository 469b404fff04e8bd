// A machine that slept, for one program only: preloaded (LD_PRELOAD), it lets that program's clocks
// jump when it gets SIGUSR1. CLOCK_JUMP names a file with two numbers of seconds in text: by how
// much the calendar jumps, and by how much the time since the start does. Timers on the calendar
// that ask for it (TFD_TIMER_CANCEL_ON_SET) are cancelled by it, as the kernel does.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

struct Jump {
  long calendar = 0, boot = 0;
};
Jump wanted;
volatile std::sig_atomic_t jumped = 0;
int calendar_timer = -1;
volatile std::sig_atomic_t cancelled = 0;

template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void jump(int) {
  jumped = 1;
  cancelled = 1;
  // Readable at once; read() below says what it was.
  itimerspec now{};
  now.it_value.tv_nsec = 1;
  ::timerfd_settime(calendar_timer, 0, &now, nullptr);
}

// Before the program gives away its rights to open files.
[[gnu::constructor]] void prepare() {
  const char* const path = std::getenv("CLOCK_JUMP");
  std::FILE* const file = path != nullptr ? std::fopen(path, "re") : nullptr;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &wanted.calendar, &wanted.boot) != 2) {
    std::fprintf(stderr, "clock_jump: no numbers in CLOCK_JUMP\n");
    std::abort();
  }
  std::fclose(file);
  std::signal(SIGUSR1, jump);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = original<int(clockid_t, timespec*)>("clock_gettime");
  const int done = real(clock, time);
  if (done != 0 || jumped == 0) return done;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec += wanted.calendar;
  if (clock == CLOCK_BOOTTIME) time->tv_sec += wanted.boot;
  return 0;
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  static const auto real = original<int(clockid_t, int)>("timerfd_create");
  const int made = real(clock, flags);
  if (clock == CLOCK_REALTIME) calendar_timer = made;
  return made;
}

ssize_t read(int fd, void* bytes, std::size_t size) {
  static const auto real = original<ssize_t(int, void*, std::size_t)>("read");
  const ssize_t count = real(fd, bytes, size);
  if (fd != calendar_timer || count < 0 || cancelled == 0) return count;
  cancelled = 0;
  errno = ECANCELED;
  return -1;
}
}
