// Tells when something in one of some folders changes: inotify(7).
#pragma once

#include <string>

#include "io/error.h"
#include "io/unique_fd.h"

namespace sallyport::io {

class FolderWatch {
 public:
  static Result<FolderWatch> make();

  // Also one that is watched already. False: it is not there, or may not be watched.
  bool add(const std::string& folder);
  // Waits until something changes, `other` is readable or closed, or `milliseconds` are over.
  void wait(const UniqueFd& other, int milliseconds);

 private:
  explicit FolderWatch(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace sallyport::io
