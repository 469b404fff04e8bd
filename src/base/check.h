// CHECK states what only a bug of ours can make false. It is always compiled in and aborts: the
// gateway is the only thing that forwards, so a dead gateway forwards nothing (docs/security.md,
// "Our own bugs"). It never judges input from a peer, a guest, a file or a user.
#pragma once

#ifdef NDEBUG
#error "Sallyport is not built with NDEBUG: its checks are part of its safety"
#endif

namespace sallyport::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sallyport::base

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) [[unlikely]] {                                   \
      ::sallyport::base::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
