// One vif's life as the xenbus handshake has it: what is seen of both ends' nodes comes in, what to
// do about it comes out. It knows no xenstore and no ring; it decides when there may be one.
//
//   backend    frontend   then
//   1          any        offer features, write 2 (libxl waits 10 s for a 2)
//   2          3 or 4     connect, write 4
//   4          4          we are a backend that was restarted: connect, write nothing
//   4          1          the frontend starts over: disconnect, offer features, write 2
//   any        5          disconnect, write 5
//   any        6 or gone  disconnect, write 6
//   6          1          once more: offer features, write 2
//   5, or online is 0     dom0 takes the device away: disconnect, write 6, wait, remove the
//   directory any        7 or 8     nothing: no netfront reconfigures
//
// A vif that was shut stays at 6 until dom0 makes it anew.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "netback/restart_limit.h"
#include "netback/xenbus_state.h"

namespace sallyport::netback {

// The nodes that matter, read together after any watch fired.
struct VifSeen {
  // Whether the backend's directory still has a `state`.
  bool exists = false;
  // Its `online` is "1".
  bool online = false;
  XenbusState backend = XenbusState::kUnknown;
  // kUnknown when the frontend's directory is gone or no longer readable for us.
  XenbusState frontend = XenbusState::kUnknown;
};

enum class VifAction : std::uint8_t {
  kOfferFeatures,    // write offered_features()
  kWriteState,       // write VifStep::state to our `state`
  kConnect,          // read the frontend's details, map, bind; then connected() or connect_failed()
  kDisconnect,       // unbind and unmap, at once: a domain cannot die before that
  kRemoveDirectory,  // remove the backend's directory, unless dom0 has put it online again: then
                     // handle_seen(); that it is gone already is fine
  kForget,           // there is nothing left: drop this object
};

struct VifStep {
  VifAction action{};
  XenbusState state = XenbusState::kUnknown;  // for kWriteState

  friend bool operator==(const VifStep&, const VifStep&) = default;
};

class VifLifecycle {
 public:
  // From state 6 to the removal of the directory: libxl must have seen the 6 first, and takes a
  // node that vanishes before for an error.
  static constexpr base::Duration kRemovalDelay = std::chrono::seconds(1);
  // Comes first, and whenever a node changed. Then poll() until it gives nothing.
  void handle_seen(const VifSeen& seen);

  // What to do next. Each step is carried out before the next poll(); kConnect is answered before
  // it as well. Where kOfferFeatures fails, xenstore being full, shut() is the answer; a state that
  // cannot be written means that the directory is gone, which will be seen. After kForget there is
  // nothing more.
  std::optional<VifStep> poll(base::Instant now);

  // When to poll() though nothing was seen.
  std::optional<base::Instant> next_deadline() const;

  void connected();
  // The details were wrong or the rings could not be had. The vif is closed until its frontend
  // starts over.
  void connect_failed();
  // Its frontend broke the protocol, or we have no room for it. Leads to kDisconnect and state 6.
  void shut();

  // From connected() to kDisconnect.
  bool is_connected() const { return link_ == Link::kUp; }
  bool is_shut() const { return shut_; }

 private:
  enum class Link : std::uint8_t { kDown, kConnecting, kUp };
  enum class Goal : std::uint8_t { kStay, kInitWait, kConnected, kClosing, kClosed };

  Goal goal() const;
  std::optional<VifStep> towards(Goal goal, base::Instant now);
  std::optional<VifStep> connect(base::Instant now);
  std::optional<VifStep> start_over(base::Instant now);
  std::optional<VifStep> leave(base::Instant now);
  bool keeps_link(Goal goal) const;
  VifStep write_state(XenbusState state);
  void check_consistency() const;

  VifSeen seen_;
  // What stands in our `state` node, by our own hand or by dom0's.
  XenbusState own_ = XenbusState::kUnknown;
  Link link_ = Link::kDown;
  bool features_offered_ = false;
  // The frontend's details were wrong: to be closed, whatever it shows, until own_ says so.
  bool closing_ = false;
  bool shut_ = false;
  bool forgotten_ = false;
  std::optional<base::Instant> remove_at_;
  RestartLimit restarts_;
  // Set while a restart waits to be paid for.
  std::optional<base::Instant> restart_at_;
};

}  // namespace sallyport::netback
