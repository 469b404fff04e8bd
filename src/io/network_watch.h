#pragma once

#include <functional>
#include <memory>

#include "io/error.h"
#include "io/event_loop.h"
#include "io/unique_fd.h"

namespace sallyport::io {

// Calls back after this network namespace's interfaces, addresses or routes have changed, however
// many at once. What has changed is for the callback to look at (rtnetlink(7)).
class NetworkWatch {
 public:
  static Result<std::unique_ptr<NetworkWatch>> open(EventLoop& loop,
                                                    std::function<void()> callback);

 private:
  NetworkWatch(EventLoop& loop, UniqueFd fd, std::function<void()> callback);
  void drain();

  UniqueFd fd_;
  std::function<void()> callback_;
  FdWatch readable_;
};

}  // namespace sallyport::io
