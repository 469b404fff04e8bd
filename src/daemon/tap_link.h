// A client's link over a TAP device: frames between io's form and the gateway's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/downstream_spec.h"
#include "gateway/gateway.h"
#include "io/event_loop.h"
#include "io/tap_device.h"

namespace sallyport::daemon {

class TapLink {
 public:
  // Frames of this client wait while the watch is disabled.
  TapLink(io::EventLoop& loop, io::TapDevice device, net::ClientId client,
          std::function<void(TapLink&)> readable);

  net::ClientId client() const { return client_; }

  // Hands at most `budget` waiting frames to the gateway; stops early when its batches are full.
  // True when frames may still be waiting.
  bool read(gateway::Gateway& gateway, base::Now now, std::size_t budget);
  void write(const gateway::InsideBatch& batch, const gateway::InsideBatch::Frame& frame);

  void pause() { watch_.disable(); }
  void resume() { watch_.enable(); }

 private:
  io::TapDevice device_;
  net::ClientId client_;
  io::FdWatch watch_;
};

}  // namespace sallyport::daemon
