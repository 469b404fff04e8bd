// Any lines as the messages of a PUSH_REPLY, on top of a plain profile and of one with filters.
#include "base/check.h"
#include "expect_text.h"
#include "openvpn/profile/cipher_list.h"
#include "openvpn/push/address_rules.h"
#include "openvpn/push/push_options.h"

namespace sallyport::openvpn {
namespace {

using fuzz::expect_text;

void expect_sound(const PushedConfig& pushed) {
  const TunnelOptions& tunnel = pushed.tunnel;
  CHECK(tunnel.ifconfig || tunnel.ifconfig_ipv6);
  if (tunnel.ifconfig) CHECK(!objection_to_host(tunnel.ifconfig->local));
  if (tunnel.ifconfig_ipv6) CHECK(!objection_to_host(tunnel.ifconfig_ipv6->local));
  CHECK(tunnel.dns_servers.size() <= TunnelOptions::kMaxDnsServers);
  for (const base::IpAddress& resolver : tunnel.dns_servers) CHECK(!objection_to_host(resolver));
  CHECK(tunnel.routes.size() <= TunnelOptions::kMaxRoutes);
  for (const base::IpPrefix& route : tunnel.routes) CHECK(!objection_to_route(route));
  CHECK(tunnel.search_domains.size() <= TunnelOptions::kMaxSearchDomains);
  for (const std::string& domain : tunnel.search_domains) expect_text(domain, 253);
  CHECK(tunnel.tun_mtu >= TunnelOptions::kMinTunMtu && tunnel.tun_mtu <= TunnelOptions::kMaxTunMtu);
  CHECK(tunnel.ping <= std::chrono::hours(1) && tunnel.ping_restart <= std::chrono::hours(2));
  CHECK(pushed.notes.size() <= kMaxPushNotes);
  for (const PushNote& note : pushed.notes) {
    expect_text(note.option, 400);
    expect_text(note.ruling.reason, 700);
    CHECK(!note.ruling.reason.empty());
  }
}

void apply(const PushReply& reply, const PullOptions& pull) {
  const auto pushed = apply_push(TunnelOptions{}, pull, default_ciphers(), reply);
  if (!pushed) return expect_text(pushed.error().text, 700);
  expect_sound(*pushed);
  // The same options again, as an update of what is then in force.
  const auto updated = apply_push_update(pushed->tunnel, pull, reply);
  if (updated) {
    expect_sound(*updated);
    CHECK(updated->tunnel.cipher == pushed->tunnel.cipher);
    CHECK(updated->tunnel.peer_id == pushed->tunnel.peer_id);
  } else {
    expect_text(updated.error().text, 700);
  }
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  using namespace sallyport::openvpn;
  static const PullOptions kFiltering{.pull = true,
                                      .nopull_routes = true,
                                      .filters = {{PullAction::kAccept, "dhcp-option DNS 10."},
                                                  {PullAction::kIgnore, "ping"},
                                                  {PullAction::kReject, "compress"}}};
  PushAssembler assembler;
  std::string_view rest = base::text_of(base::Bytes(data, size));
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto added = assembler.add(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!added || !*added) continue;
    apply(**added, PullOptions{.pull = true, .nopull_routes = false, .filters = {}});
    apply(**added, kFiltering);
  }
  return 0;
}
