#pragma once

#include <fstream>

namespace sallyport::io {

// The pages of programs and libraries that start-up touched and the gateway's work does not: clean
// copies of files, which come back by themselves if they are needed.
class StartUpPages {
 public:
  // Opens what tells of them, so that it can be read when no file can be opened any more.
  StartUpPages();
  // Gives them back, locked in memory or not. Best effort; call it when things have settled.
  void release();

 private:
  std::ifstream smaps_;
};

}  // namespace sallyport::io
