// What dom0 says by QubesDB, as values. It stays when the connection is lost: there is no way back
// from rules to no rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_set.h"
#include "base/ip_address.h"
#include "qubes/change.h"
#include "qubes/database.h"
#include "qubes/firewall.h"

namespace sallyport::qubes {

// Nothing in a field: dom0 did not say, or said what is no address.
struct Addresses {
  std::optional<base::IpAddress> ip;   // our own on the uplink: /qubes-ip
  std::optional<base::IpAddress> ip6;  // /qubes-ip6
  std::optional<base::IpAddress> gateway;
  std::optional<base::IpAddress> gateway6;
  std::optional<base::IpAddress> primary_dns;  // the uplink's resolvers
  std::optional<base::IpAddress> secondary_dns;
  std::optional<base::IpAddress> netvm_gateway;  // under which clients know us
  std::optional<base::IpAddress> netvm_gateway6;
  std::optional<base::IpAddress> netvm_primary_dns;  // the virtual resolvers that clients ask
  std::optional<base::IpAddress> netvm_secondary_dns;
  bool provides_network = false;  // /qubes-netvm-network is there

  friend bool operator==(const Addresses&, const Addresses&) = default;
};

// A client that is told another address than its own (feature net.fake-ip). A field is empty when
// dom0 said nothing for it, or what is no address; the client is mapped all the same.
struct MappedIp {
  std::optional<base::IpAddress> visible_ip;
  std::optional<base::IpAddress> visible_gateway;

  friend bool operator==(const MappedIp&, const MappedIp&) = default;
};

// What was read and could not be used; counted each time it was read.
enum class Ignored : std::uint8_t {
  kAddress,         // one of Addresses
  kConnectedIp,     // an entry of /connected-ips or /connected-ips6
  kMappedIp,        // below /mapped-ip/
  kFirewallSource,  // /qubes-firewall/<source>, of a source that is no address
  kCount
};
std::string_view describe(Ignored ignored);

class Settings {
 public:
  // Twice as many as clients with both families.
  static constexpr std::size_t kMaxSources = 1'024;
  static constexpr std::size_t kMaxRuleBytes = Database::kMaxBytes;

  const Addresses& addresses() const { return addresses_; }
  // Of all VMs whose network VM we are, running or not; both families, ascending.
  const std::vector<base::IpAddress>& connected_ips() const { return connected_ips_; }
  // By the client's own address.
  const std::map<base::IpAddress, MappedIp>& mapped_ips() const { return mapped_ips_; }
  // What `qvm-features VM vm-config.KEY VALUE` set, by KEY.
  const std::map<std::string, std::string, std::less<>>& vm_config() const { return vm_config_; }
  // Null: nothing was ever committed for this source, so everything of it is to be dropped.
  const CommittedRules* firewall(const base::IpAddress& source) const;
  std::size_t firewall_count() const { return firewalls_.size(); }
  const base::CounterSet<Ignored>& ignored() const { return ignored_; }

  // For sessions.
  //
  // Every entry and tree that update() reads.
  static std::vector<std::string_view> places();
  // Reads anew what an entry or tree of `database` has to do with; not firewalls.
  void update(const Database& database, std::string_view changed, ChangeQueue& changes);
  // Takes the rules that `database` has for the source of a commit path. A source that is no
  // address is ignored. False when it is too much; then nothing has changed.
  [[nodiscard]] bool commit(const Database& database, std::string_view source,
                            ChangeQueue& changes);
  // The same for each source that has a commit path in `database`. Others keep what they had.
  [[nodiscard]] bool commit_all(const Database& database, ChangeQueue& changes);
  void count(Ignored ignored) { ignored_.add(ignored); }

 private:
  Addresses read_addresses(const Database& database);
  std::vector<base::IpAddress> read_connected_ips(const Database& database);
  std::map<base::IpAddress, MappedIp> read_mapped_ips(const Database& database);
  void update_vm_config(const Database& database, ChangeQueue& changes);

  Addresses addresses_;
  std::vector<base::IpAddress> connected_ips_;
  std::map<base::IpAddress, MappedIp> mapped_ips_;
  std::map<std::string, std::string, std::less<>> vm_config_;
  std::map<base::IpAddress, CommittedRules> firewalls_;
  std::size_t rule_bytes_ = 0;  // of firewalls_
  base::CounterSet<Ignored> ignored_;
};

}  // namespace sallyport::qubes
