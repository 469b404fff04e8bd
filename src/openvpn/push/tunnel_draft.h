// The options of TunnelOptions, read one at a time: from a profile or from a PUSH_REPLY, by the
// same rules, so that a check made for one is never missing from the other (docs/protocol.md,
// "Pushed options").
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "openvpn/profile/config_words.h"
#include "openvpn/profile/ruling.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::openvpn {

// A user may ask for more than a server may: see the handlers.
enum class OptionSource { kProfile, kServer };

struct DnsServer {
  std::vector<base::IpAddress> addresses;
  bool refused = false;  // it asks for something we cannot do, so it must not be used without
};

struct TunnelDraft {
  OptionSource source = OptionSource::kProfile;
  TunnelOptions options{};
  // What only the whole of the options can decide; settle_resolvers() does.
  std::map<int, DnsServer> dns_servers{};         // `dns server N ...`
  std::vector<base::IpAddress> dhcp_resolvers{};  // `dhcp-option DNS`
};

// Reads one option into the draft. The number of its arguments fits its row in the option table.
using TunnelHandler = Ruling (*)(const ConfigWords& words, TunnelDraft& draft);

// Null for an option that is none of TunnelOptions.
TunnelHandler find_tunnel_handler(std::string_view name);

// What was decided against the letter of an option, when all of them had been read.
struct Settlement {
  std::string_view option;
  Ruling ruling;
};

// Each settles one question behind the last option. Empty: every option stands as it was ruled.
std::optional<Settlement> settle_addresses(TunnelDraft& draft);
std::optional<Settlement> settle_resolvers(TunnelDraft& draft);
std::optional<Settlement> settle_timers(TunnelDraft& draft);

// The handlers, by subject.
struct TunnelHandlerRow {
  std::string_view name;
  TunnelHandler handle;
};
std::span<const TunnelHandlerRow> address_handlers();
std::span<const TunnelHandlerRow> route_handlers();
std::span<const TunnelHandlerRow> resolver_handlers();
std::span<const TunnelHandlerRow> timer_handlers();
std::span<const TunnelHandlerRow> link_handlers();

}  // namespace sallyport::openvpn
