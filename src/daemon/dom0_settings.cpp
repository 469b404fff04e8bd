#include "daemon/dom0_settings.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace sallyport::daemon {
namespace {

std::vector<base::IpAddress> known(
    std::initializer_list<const std::optional<base::IpAddress>*> addresses) {
  std::vector<base::IpAddress> out;
  for (const auto* address : addresses) {
    if (*address) out.push_back(**address);
  }
  return out;
}

}  // namespace

Dom0Settings::Dom0Settings(gateway::Router& router, io::Resolver& resolver,
                           std::optional<base::IpAddress> own_address,
                           std::function<void(const std::string&)> log)
    : router_(router), resolver_(resolver), own_address_(own_address), log_(std::move(log)) {}

void Dom0Settings::apply(base::Now now, const qubes::Settings& settings,
                         std::span<const qubes::Change> changes) {
  for (const qubes::Change& change : changes) {
    if (const auto* firewall = std::get_if<qubes::FirewallChanged>(&change)) {
      apply_firewall(now, settings, firewall->source);
    } else if (std::holds_alternative<qubes::ConnectedIpsChanged>(change)) {
      router_.set_connected_ips(settings.connected_ips());
    } else if (std::holds_alternative<qubes::AddressesChanged>(change)) {
      apply_addresses(settings.addresses());
    } else if (std::holds_alternative<qubes::MappedIpsChanged>(change)) {
      apply_mappings(settings);
    }
  }
}

void Dom0Settings::apply_firewall(base::Now now, const qubes::Settings& settings,
                                  const base::IpAddress& source) {
  const qubes::CommittedRules* const committed = settings.firewall(source);
  if (committed == nullptr) return;
  const auto drop_all = [&](const std::string& why) {
    log_(fmt::format("the firewall of {} drops everything: {}", source.to_string(), why));
    router_.set_rules(now, source, net::RuleSet());
  };
  if (committed->malformed) return drop_all("what dom0 wrote is not a policy and numbered rules");
  auto rules = net::RuleSet::parse(committed->policy, committed->rules,
                                   source.is_v4() ? net::Family::kIpv4 : net::Family::kIpv6);
  if (!rules) return drop_all(rules.error());
  router_.set_rules(now, source, std::move(*rules));
}

void Dom0Settings::apply_addresses(const qubes::Addresses& addresses) {
  router_.set_own_addresses(own_address_ ? own_address_ : addresses.netvm_gateway,
                            known({&addresses.netvm_primary_dns, &addresses.netvm_secondary_dns}));
  // Another network VM has other resolvers; resolv.conf may not have heard of it yet.
  if (auto servers = known({&addresses.primary_dns, &addresses.secondary_dns}); !servers.empty()) {
    resolver_.use_servers(std::move(servers));
  }
}

void Dom0Settings::apply_mappings(const qubes::Settings& settings) {
  std::map<base::IpAddress, gateway::InsideClient::Mapping> mappings;
  for (const auto& [client, mapped] : settings.mapped_ips()) {
    mappings.emplace(client,
                     gateway::InsideClient::Mapping{mapped.visible_ip, mapped.visible_gateway});
  }
  router_.set_mappings(std::move(mappings));
}

}  // namespace sallyport::daemon
