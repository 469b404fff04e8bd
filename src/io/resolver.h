// Looks a name up with the system's resolvers, without blocking: the name of a VPN server, the only
// name the gateway itself ever asks for (docs/security.md, "Name look-ups").
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "io/event_loop.h"

namespace sallyport::io {

enum class ResolveFamily { kAny, kIpv4, kIpv6 };

struct Resolution {
  std::vector<base::IpAddress> addresses;
  std::string failure;  // why there are none
};

class Resolver {
 public:
  // `resolv_conf` names the name servers, as resolv.conf(5) says; one may have a port
  // (ADDRESS:PORT).
  explicit Resolver(EventLoop& loop, std::string resolv_conf = "/etc/resolv.conf");
  ~Resolver();

  // Starts a look-up; one at a time, a new one replaces the old. resolv.conf is read afresh each
  // time, since the uplink may have changed, and the sockets are gone when it ends. The
  // callback runs later, from the loop.
  //
  // Of resolv.conf only the name servers count: the name is asked for as it stands.
  void start(const std::string& host, ResolveFamily family,
             std::function<void(Resolution)> callback);
  void cancel();

  // From now on these are asked, whatever resolv.conf says; none: what it said last, for a process
  // that can read it no longer.
  void use_servers(std::vector<base::IpAddress> servers);

 private:
  struct Lookup;
  EventLoop& loop_;
  // As libevent takes them.
  const std::vector<std::string>& name_servers();

  std::string resolv_conf_;
  std::vector<std::string> name_servers_;
  bool reads_ = true;
  std::unique_ptr<Lookup> lookup_;
};

}  // namespace sallyport::io
