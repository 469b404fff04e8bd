#include "daemon/link_command.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "daemon/exit_code.h"
#include "daemon/link_loop.h"
#include "io/interface_setup.h"
#include "xen/xenstore.h"

namespace sallyport::daemon {
namespace {

int fail(const std::string& what) {
  fmt::print(stderr, "sallyport: {}\n", what);
  return kExitFailed;
}

}  // namespace

int link_command(const LinkOptions& options) {
  io::InterfaceSetup setup;
  setup.name = options.device;
  const auto v4 = base::IpAddress::parse_v4(options.ip);
  if (!v4) return fail("--ip " + options.ip + " is no IPv4 address");
  setup.v4 = *v4;
  if (!options.ip6.empty()) {
    setup.v6 = base::IpAddress::parse_v6(options.ip6);
    if (!setup.v6) return fail("--ip6 " + options.ip6 + " is no IPv6 address");
  }
  auto store = xen::Xenstore::open();
  if (!store) return fail(store.error().text);
  const auto domain = store->own_domain();
  if (!domain) return fail(domain.error().text);
  auto device = io::TapDevice::create(options.device, io::TapDevice::Kind::kIp);
  if (!device) return fail(device.error().text);
  if (const auto done = io::set_up_interface(setup); !done)
    return fail(options.device + ": " + done.error().text);
  LinkLoop loop(std::move(*device), netback::DomainId(options.gateway), *domain);
  if (auto ended = loop.run(); !ended) return fail(ended.error());
  return kExitDone;
}

}  // namespace sallyport::daemon
