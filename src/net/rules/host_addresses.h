// What is known of the host names in rules: addresses by name and family. A name that has been
// looked up in vain is known to have none; one that is not here has not been looked up.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/rules/rule.h"

namespace sallyport::net {

class HostAddresses {
 public:
  using Addresses = std::vector<IpAddress>;

  // Null: not known yet.
  const Addresses* find(std::string_view name, Family family) const {
    const Table& table = tables_[index(family)];
    const auto found = table.find(name);
    return found == table.end() ? nullptr : &found->second;
  }
  void set(std::string_view name, Family family, Addresses addresses) {
    tables_[index(family)].insert_or_assign(std::string(name), std::move(addresses));
  }
  void forget(std::string_view name, Family family) {
    Table& table = tables_[index(family)];
    if (const auto found = table.find(name); found != table.end()) table.erase(found);
  }

 private:
  using Table = std::map<std::string, Addresses, std::less<>>;
  static constexpr std::size_t index(Family family) { return family == Family::kIpv4 ? 0 : 1; }

  std::array<Table, 2> tables_;
};

}  // namespace sallyport::net
