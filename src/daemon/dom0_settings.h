// What dom0 says by QubesDB, put into effect: each client's firewall, who else is behind the
// gateway, how clients see it, and whom it asks for the names of servers.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "gateway/router.h"
#include "io/resolver.h"
#include "qubes/change.h"
#include "qubes/settings.h"

namespace sallyport::daemon {

class Dom0Settings {
 public:
  // Both outlive it. `own_address` is what the command line says, before which dom0's has to stand
  // back.
  Dom0Settings(gateway::Router& router, io::Resolver& resolver,
               std::optional<base::IpAddress> own_address,
               std::function<void(const std::string&)> log);

  void apply(base::Now now, const qubes::Settings& settings,
             std::span<const qubes::Change> changes);

 private:
  // Rules that cannot be read as a whole drop everything of that source.
  void apply_firewall(base::Now now, const qubes::Settings& settings,
                      const base::IpAddress& source);
  void apply_addresses(const qubes::Addresses& addresses);
  void apply_mappings(const qubes::Settings& settings);

  gateway::Router& router_;
  io::Resolver& resolver_;
  std::optional<base::IpAddress> own_address_;
  std::function<void(const std::string&)> log_;
};

}  // namespace sallyport::daemon
