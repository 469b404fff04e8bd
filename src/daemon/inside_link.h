// One client's link as the gateway's loop sees it, whatever it is made of.
#pragma once

#include <optional>
#include <span>

#include "daemon/ring_status.h"
#include "gateway/inside_batch.h"
#include "gateway/router.h"

namespace sallyport::daemon {

class InsideLink {
 public:
  virtual ~InsideLink() = default;

  // Gives the client these frames of the batch, all its own, in order. What the link has no room
  // for is lost, as on any Ethernet. The memory they lie in is not used after this.
  virtual void deliver(const gateway::InsideBatch& batch,
                       std::span<const gateway::InsideBatch::Frame> frames) = 0;

  // It takes super-packets of UDP, and passes them on as they are.
  virtual bool takes_udp_segmentation() const { return false; }

  // Where it has rings.
  virtual std::optional<RingStatus> rings() const { return std::nullopt; }
};

// What packets of clients are read from: one link, or all vifs.
class InsideSource {
 public:
  virtual ~InsideSource() = default;

  struct Turn {
    std::size_t bytes = 0;
    bool more = false;  // perhaps
    bool gone = false;  // its device was deleted, and nothing comes from it any more
  };
  // Hands at most `budget` waiting packets to the router; stops early when the router takes no
  // more.
  virtual Turn read(gateway::Router& router, base::Now now, std::size_t budget) = 0;

  // While it listens it says that there is something to read, again and again where says_again().
  virtual void listen(bool) {}
  virtual bool says_again() const { return false; }
};

}  // namespace sallyport::daemon
