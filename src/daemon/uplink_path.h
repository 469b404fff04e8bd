// Notices when the way to the VPN server is another one: the uplink's interface went away and came
// back, has another address, or there is a route again. A session over the old way is worth
// nothing, and without this it would take a ping-restart to find out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ip_address.h"
#include "io/endpoint.h"
#include "io/event_loop.h"
#include "io/network_watch.h"

namespace sallyport::daemon {

class UplinkPath {
 public:
  // Calls changed() when there is a way and it is not the last one there was. `interface` as in
  // `--uplink`.
  static io::Result<std::unique_ptr<UplinkPath>> open(io::EventLoop& loop, std::string interface,
                                                      std::function<void()> changed);

  // A connection is being made to this server: the way there, as it is now, is the one that counts.
  void use(const io::Endpoint& server);

 private:
  struct Way {
    unsigned interface_index = 0;
    base::IpAddress local;
    friend bool operator==(const Way&, const Way&) = default;
  };
  UplinkPath(io::EventLoop& loop, std::string interface, std::function<void()> changed);
  std::optional<Way> way_now() const;
  void look();

  std::string interface_;
  std::function<void()> changed_;
  // Before there was a server: an address that is nobody's, for whether there is a route at all.
  io::Endpoint server_;
  std::optional<Way> way_;
  io::Timer settle_;
  bool settling_ = false;
  std::unique_ptr<io::NetworkWatch> watch_;
};

}  // namespace sallyport::daemon
