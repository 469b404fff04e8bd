#include "io/syscall_filter.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace sallyport::io {
namespace {

struct ReleaseFilter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using UniqueFilter = std::unique_ptr<void, ReleaseFilter>;

constexpr int kAllowed[] = {
    // Bytes, on what is open.
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(ioctl),
    SCMP_SYS(fcntl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_settime),
    // Sockets; which kinds may be made is said below.
    SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(sendto),
    SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
    // Memory; none that could be run is said below.
    SCMP_SYS(munmap), SCMP_SYS(munlock), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
    // Time, chance, threads that are there.
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom), SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
    // Knowing oneself, and the end: CHECK aborts.
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(tgkill),
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

// The C library tries these first and goes on with an older call, which is judged in its place,
// only where the kernel does not have them.
constexpr int kNewer[] = {SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(faccessat2),
                          SCMP_SYS(statx), SCMP_SYS(close_range)};

// There is no use for these but an intruder's.
constexpr int kDeadly[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
                           SCMP_SYS(process_vm_writev)};

bool allow_if(void* filter, int call, const scmp_arg_cmp& condition) {
  return ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

bool allow_sockets(void* filter) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    const scmp_arg_cmp is_family{
        .arg = 0, .op = SCMP_CMP_EQ, .datum_a = static_cast<scmp_datum_t>(family), .datum_b = 0};
    if (!allow_if(filter, SCMP_SYS(socket), is_family)) return false;
  }
  return true;
}

bool allow_memory(void* filter) {
  constexpr scmp_arg_cmp kNotExecutable{
      .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
  return allow_if(filter, SCMP_SYS(mmap), kNotExecutable) &&
         allow_if(filter, SCMP_SYS(mprotect), kNotExecutable);
}

// New threads and the files that libxenvchan opens for each vchan.
bool allow_devices(void* filter) {
  for (const int call : {SCMP_SYS(openat), SCMP_SYS(clone), SCMP_SYS(set_robust_list),
                         SCMP_SYS(rseq), SCMP_SYS(access)}) {
    if (::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  return true;
}

bool fill(void* filter, OpeningFiles files) {
  for (const int call : kAllowed) {
    if (::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  for (const int call : kNewer) {
    if (::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0) return false;
  }
  for (const int call : kDeadly) {
    if (::seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0) != 0) return false;
  }
  if (files == OpeningFiles::kDevices && !allow_devices(filter)) return false;
  return allow_sockets(filter) && allow_memory(filter);
}

}  // namespace

Result<void> restrict_syscalls(OpeningFiles files) {
  const UniqueFilter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr || ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
      !fill(filter.get(), files)) {
    return error("cannot make a filter of system calls");
  }
  if (const int failed = ::seccomp_load(filter.get()); failed != 0) {
    errno = -failed;
    return system_error("cannot restrict system calls");
  }
  return {};
}

}  // namespace sallyport::io
