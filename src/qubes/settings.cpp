#include "qubes/settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "qubes/path.h"

namespace sallyport::qubes {
namespace {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

struct AddressKey {
  std::string_view path;
  Family family;
  std::optional<base::IpAddress> Addresses::* field;
};

constexpr std::array kAddressKeys{
    AddressKey{"/qubes-ip", Family::kIpv4, &Addresses::ip},
    AddressKey{"/qubes-ip6", Family::kIpv6, &Addresses::ip6},
    AddressKey{"/qubes-gateway", Family::kIpv4, &Addresses::gateway},
    AddressKey{"/qubes-gateway6", Family::kIpv6, &Addresses::gateway6},
    AddressKey{"/qubes-primary-dns", Family::kIpv4, &Addresses::primary_dns},
    AddressKey{"/qubes-secondary-dns", Family::kIpv4, &Addresses::secondary_dns},
    AddressKey{"/qubes-netvm-gateway", Family::kIpv4, &Addresses::netvm_gateway},
    AddressKey{"/qubes-netvm-gateway6", Family::kIpv6, &Addresses::netvm_gateway6},
    AddressKey{"/qubes-netvm-primary-dns", Family::kIpv4, &Addresses::netvm_primary_dns},
    AddressKey{"/qubes-netvm-secondary-dns", Family::kIpv4, &Addresses::netvm_secondary_dns},
};
constexpr std::string_view kNetvmNetwork = "/qubes-netvm-network";
constexpr std::string_view kConnectedIps = "/connected-ips";
constexpr std::string_view kConnectedIps6 = "/connected-ips6";
constexpr std::string_view kMappedIpTree = "/mapped-ip/";
constexpr std::string_view kVmConfigTree = "/vm-config/";

// IPv4 in its mapped form is no IPv6 address of a VM.
std::optional<base::IpAddress> parse(std::string_view text, Family family) {
  const auto address =
      family == Family::kIpv4 ? base::IpAddress::parse_v4(text) : base::IpAddress::parse_v6(text);
  if (address && address->is_v4() != (family == Family::kIpv4)) return std::nullopt;
  return address;
}

bool is_of_addresses(std::string_view changed) {
  return overlap(changed, kNetvmNetwork) ||
         std::ranges::any_of(kAddressKeys,
                             [&](const AddressKey& key) { return overlap(changed, key.path); });
}

}  // namespace

std::string_view describe(Ignored ignored) {
  switch (ignored) {
    case Ignored::kAddress:
      return "no address";
    case Ignored::kConnectedIp:
      return "no connected address";
    case Ignored::kMappedIp:
      return "no mapped address";
    case Ignored::kFirewallSource:
      return "no source of a firewall";
    case Ignored::kCount:
      break;
  }
  CHECK(false);
}

const CommittedRules* Settings::firewall(const base::IpAddress& source) const {
  const auto at = firewalls_.find(source);
  return at == firewalls_.end() ? nullptr : &at->second;
}

std::vector<std::string_view> Settings::places() {
  std::vector<std::string_view> places;
  for (const AddressKey& key : kAddressKeys) places.push_back(key.path);
  places.insert(places.end(),
                {kNetvmNetwork, kConnectedIps, kConnectedIps6, kMappedIpTree, kVmConfigTree});
  return places;
}

void Settings::update(const Database& database, std::string_view changed, ChangeQueue& changes) {
  if (is_of_addresses(changed)) {
    Addresses read = read_addresses(database);
    if (std::exchange(addresses_, read) != read) changes.add(AddressesChanged{});
  }
  if (overlap(changed, kConnectedIps) || overlap(changed, kConnectedIps6)) {
    auto read = read_connected_ips(database);
    if (std::exchange(connected_ips_, read) != read) changes.add(ConnectedIpsChanged{});
  }
  if (overlap(changed, kMappedIpTree)) {
    auto read = read_mapped_ips(database);
    if (std::exchange(mapped_ips_, read) != read) changes.add(MappedIpsChanged{});
  }
  if (overlap(changed, kVmConfigTree)) update_vm_config(database, changes);
}

Addresses Settings::read_addresses(const Database& database) {
  Addresses read;
  for (const AddressKey& key : kAddressKeys) {
    const std::string* const text = database.find(key.path);
    // Empty is how dom0 says that there is none.
    if (text == nullptr || text->empty()) continue;
    read.*key.field = parse(*text, key.family);
    if (!(read.*key.field)) count(Ignored::kAddress);
  }
  const std::string* const network = database.find(kNetvmNetwork);
  read.provides_network = network != nullptr && !network->empty();
  return read;
}

std::vector<base::IpAddress> Settings::read_connected_ips(const Database& database) {
  std::vector<base::IpAddress> read;
  for (const auto& [path, family] :
       {std::pair(kConnectedIps, Family::kIpv4), std::pair(kConnectedIps6, Family::kIpv6)}) {
    const std::string* const text = database.find(path);
    std::string_view rest;
    if (text != nullptr) rest = *text;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      if (word.empty()) continue;
      if (const auto address = parse(word, family)) {
        read.push_back(*address);
      } else {
        count(Ignored::kConnectedIp);
      }
    }
  }
  std::ranges::sort(read);
  const auto repeated = std::ranges::unique(read);
  read.erase(repeated.begin(), repeated.end());
  return read;
}

std::map<base::IpAddress, MappedIp> Settings::read_mapped_ips(const Database& database) {
  std::map<base::IpAddress, MappedIp> read;
  for (const auto& [path, value] : database.with_prefix(kMappedIpTree)) {
    const std::string_view name = std::string_view(path).substr(kMappedIpTree.size());
    const std::size_t slash = name.find('/');
    const std::string_view key = slash == std::string_view::npos ? "" : name.substr(slash + 1);
    const auto client = base::IpAddress::parse(name.substr(0, slash));
    if (!client || (key != "visible-ip" && key != "visible-gateway")) {
      count(Ignored::kMappedIp);
      continue;
    }
    MappedIp& mapped = read[*client];
    auto& field = key == "visible-ip" ? mapped.visible_ip : mapped.visible_gateway;
    field = base::IpAddress::parse(value);
    if (!field) count(Ignored::kMappedIp);
  }
  return read;
}

void Settings::update_vm_config(const Database& database, ChangeQueue& changes) {
  std::map<std::string, std::string, std::less<>> read;
  for (const auto& [path, value] : database.with_prefix(kVmConfigTree))
    read.emplace(path.substr(kVmConfigTree.size()), value);
  const auto before = std::exchange(vm_config_, std::move(read));
  for (const auto& [key, value] : before) {
    if (!vm_config_.contains(key)) changes.add(VmConfigChanged{key});
  }
  for (const auto& [key, value] : vm_config_) {
    const auto at = before.find(key);
    if (at == before.end() || at->second != value) changes.add(VmConfigChanged{key});
  }
}

bool Settings::commit(const Database& database, std::string_view source, ChangeQueue& changes) {
  const auto address = parse_source(source);
  if (!address) {
    count(Ignored::kFirewallSource);
    return true;
  }
  CommittedRules rules = read_rules(database, *address);
  const auto at = firewalls_.find(*address);
  const bool is_new = at == firewalls_.end();
  if (!is_new && at->second == rules) return true;
  const std::size_t bytes = rule_bytes_ - (is_new ? 0 : at->second.bytes()) + rules.bytes();
  if ((is_new && firewalls_.size() == kMaxSources) || bytes > kMaxRuleBytes) return false;
  rule_bytes_ = bytes;
  firewalls_.insert_or_assign(*address, std::move(rules));
  changes.add(FirewallChanged{*address});
  return true;
}

bool Settings::commit_all(const Database& database, ChangeQueue& changes) {
  for (const auto& [path, value] : database.with_prefix(kFirewallTree)) {
    const auto source = committed_source(path);
    if (source && !commit(database, *source, changes)) return false;
  }
  return true;
}

}  // namespace sallyport::qubes
