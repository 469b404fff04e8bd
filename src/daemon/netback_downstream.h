// `--downstream netback`: the AppVMs that dom0 attaches to this VM, each a client as long as its
// vif is connected.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "daemon/inside_links.h"
#include "daemon/vif_link.h"
#include "xen/vif_backend.h"

namespace sallyport::daemon {

class NetbackDownstream : public InsideSource {
 public:
  // Refuses, with what to do about it, where the kernel serves vifs itself. All outlive it.
  static std::expected<std::unique_ptr<NetbackDownstream>, std::string> create(
      io::EventLoop& loop, gateway::Gateway& gateway, InsideLinks& links,
      const InsideLinks::Events& events);

  Turn read(gateway::Router& router, base::Now now, std::size_t budget) override;

 private:
  NetbackDownstream(io::EventLoop& loop, gateway::Gateway& gateway, InsideLinks& links,
                    const InsideLinks::Events& events, std::unique_ptr<xen::VifBackend> backend);
  // After anything that may have changed a vif or brought packets.
  void serve(base::Now now);
  void take_events(base::Now now);
  // False: the uplink takes no more, and the rest of the batch waits for it.
  bool route_batch(base::Now now, Turn& turn);
  void connect(base::Now now, const xen::VifConnected& vif);
  void disconnect(netback::VifId vif);
  void set_timer(base::Now now);

  gateway::Gateway& gateway_;
  InsideLinks& links_;
  const InsideLinks::Events& events_;
  std::unique_ptr<xen::VifBackend> backend_;
  std::map<netback::VifId, VifLink> vifs_;
  // What has been taken from a guest, who was told so, and not been routed yet.
  xen::VifBackend::Received batch_;
  io::FdWatch xenstore_;
  io::FdWatch channels_;
  io::Timer timer_;
};

}  // namespace sallyport::daemon
