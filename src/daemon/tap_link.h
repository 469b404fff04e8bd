// A client's link over a TAP device: frames between io's form and the gateway's.
#pragma once

#include <functional>
#include <memory>

#include "daemon/inside_link.h"
#include "gateway/router.h"
#include "io/event_loop.h"
#include "io/tap_device.h"

namespace sallyport::daemon {

class TapLink : public InsideLink {
 public:
  // `readable` is called while frames wait; it reads them.
  TapLink(io::EventLoop& loop, io::TapDevice device, std::function<void(TapLink&)> readable);

  net::ClientId client() const { return client_; }
  void set_client(net::ClientId client) { client_ = client; }

  // Hands at most `budget` waiting frames to the router; stops early when its batches are full.
  void read(gateway::Router& router, base::Now now, std::size_t budget);
  void deliver(const gateway::InsideBatch& batch,
               std::span<const gateway::InsideBatch::Frame> frames) override;
  bool takes_udp_segmentation() const override { return device_.takes_udp_segmentation(); }

  void pause() { watch_.disable(); }
  void resume() {
    if (!gone_) watch_.enable();
  }

  // Its device was deleted: read() has found out, and is not called again.
  bool is_gone() const { return gone_; }
  const std::string& device() const { return device_.name(); }

 private:
  io::TapDevice device_;
  net::ClientId client_;
  io::FdWatch watch_;
  bool gone_ = false;
};

}  // namespace sallyport::daemon
