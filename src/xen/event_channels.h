// Event channels to other domains, all behind one descriptor. A port that fired stays masked until
// it is unmasked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/strong.h"
#include "netback/xen_ids.h"
#include "xen/error.h"

struct xenevtchn_handle;

namespace sallyport::xen {

// Our own end of a channel.
using LocalPort = base::Strong<struct LocalPortTag, std::uint32_t>;

class EventChannels {
 public:
  // Unbound when destroyed; the channels outlive it.
  class Bound {
   public:
    LocalPort port() const { return port_; }
    void notify() const;

   private:
    friend class EventChannels;
    struct Unbind {
      LocalPort port;
      void operator()(xenevtchn_handle* handle) const;
    };
    Bound(xenevtchn_handle* handle, LocalPort port) : handle_(handle, Unbind{port}), port_(port) {}

    std::unique_ptr<xenevtchn_handle, Unbind> handle_;
    LocalPort port_;
  };

  static Result<EventChannels> open();

  // To the port that `domain` made for us.
  Result<Bound> bind(netback::DomainId domain, netback::EventPort port);

  // Readable when a port fired.
  int fd() const;
  // A port that fired, now masked; empty when there is none.
  std::optional<LocalPort> next_fired();
  void unmask(LocalPort port);

 private:
  struct Close {
    void operator()(xenevtchn_handle* handle) const;
  };
  explicit EventChannels(xenevtchn_handle* handle) : handle_(handle) {}

  std::unique_ptr<xenevtchn_handle, Close> handle_;
};

}  // namespace sallyport::xen
