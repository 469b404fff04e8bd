#include "io/resident_memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace sallyport::io {
namespace {

struct Mapping {
  unsigned long begin = 0;
  unsigned long end = 0;
  bool droppable = false;
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

void release_start_up_pages() {
  std::ifstream smaps("/proc/self/smaps");
  Mapping current;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long dirty = 0;
    if (std::sscanf(line.c_str(), "Private_Dirty: %lu", &dirty) == 1) {
      // Read-only after relocation is dirty: those pages are nobody's copy and must stay.
      if (current.droppable && dirty == 0) {
        ::madvise(reinterpret_cast<void*>(current.begin), current.end - current.begin,
                  MADV_DONTNEED);
      }
      current = {};
    } else if (const Mapping mapping = parse_mapping(line); mapping.end != 0) {
      current = mapping;
    }
  }
}

}  // namespace sallyport::io
