#include "io/resident_memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <string>

namespace sallyport::io {
namespace {

struct Mapping {
  unsigned long begin = 0;
  unsigned long end = 0;
  bool droppable = false;
  unsigned long copied = 0;  // KiB that are no longer the file's, in memory
};

// "7f0000000000-7f0000001000 r-xp 00000000 fe:00 1234    /usr/lib/libcrypto.so.3"; only what is of
// a file and can't be written.
Mapping parse_mapping(const std::string& line) {
  Mapping mapping;
  char permissions[5] = {};
  if (std::sscanf(line.c_str(), "%lx-%lx %4s", &mapping.begin, &mapping.end, permissions) != 3)
    return {};
  mapping.droppable =
      permissions[1] == '-' && permissions[3] == 'p' && line.find('/') != std::string::npos;
  return mapping;
}

}  // namespace

StartUpPages::StartUpPages() : smaps_("/proc/self/smaps") {}

void StartUpPages::release() {
  smaps_.clear();
  smaps_.seekg(0);
  Mapping current;
  for (std::string line; std::getline(smaps_, line);) {
    unsigned long kib = 0;
    if (std::sscanf(line.c_str(), "Anonymous: %lu", &kib) == 1) {
      current.copied = kib;
    } else if (std::sscanf(line.c_str(), "Swap: %lu", &kib) == 1) {
      // What relocation wrote before it became read-only is no copy of the file, whether it is shared
      // with a process that was forked, or swapped out: it must stay.
      if (current.droppable && current.copied == 0 && kib == 0) {
        void* const begin = reinterpret_cast<void*>(current.begin);
        ::munlock(begin, current.end - current.begin);
        ::madvise(begin, current.end - current.begin, MADV_DONTNEED);
      }
      current = {};
    } else if (const Mapping mapping = parse_mapping(line); mapping.end != 0) {
      current = mapping;
    }
  }
}

}  // namespace sallyport::io
