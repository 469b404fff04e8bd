#include "io/resident_memory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "test.h"

namespace sallyport::io {
namespace {

TEST_SUITE("io/resident_memory") {
  TEST_CASE("a process that shares its pages with one that was forked gives none back that it needs") {
    // The child stays until the end of the pipe, and so do the pages that both have.
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[1]);
      char byte;
      ::_exit(::read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    ::close(ends[0]);
    StartUpPages pages;
    pages.release();
    // What relocation wrote is still there: the library's own virtual calls work.
    std::ostringstream text;
    text << 1.5 << std::endl;
    EXPECT(text.str() == "1.5\n");
    ::close(ends[1]);
    int status = -1;
    EXPECT(::waitpid(child, &status, 0) == child);
    EXPECT(status == 0);
  }
}

}  // namespace
}  // namespace sallyport::io
