// What a session says: that something in the settings is not as it was. What it is now is asked of
// the settings.
#pragma once

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/ip_address.h"

namespace sallyport::qubes {

// Rules were committed for this source, and are not those of before.
struct FirewallChanged {
  base::IpAddress source;
  friend auto operator<=>(const FirewallChanged&, const FirewallChanged&) = default;
};
struct ConnectedIpsChanged {
  friend auto operator<=>(const ConnectedIpsChanged&, const ConnectedIpsChanged&) = default;
};
struct AddressesChanged {
  friend auto operator<=>(const AddressesChanged&, const AddressesChanged&) = default;
};
struct MappedIpsChanged {
  friend auto operator<=>(const MappedIpsChanged&, const MappedIpsChanged&) = default;
};
// Set, changed or removed.
struct VmConfigChanged {
  std::string key;
  friend auto operator<=>(const VmConfigChanged&, const VmConfigChanged&) = default;
};
// Everything has been read since the connection was made.
struct Synchronised {
  friend auto operator<=>(const Synchronised&, const Synchronised&) = default;
};

using Change = std::variant<FirewallChanged, ConnectedIpsChanged, AddressesChanged,
                            MappedIpsChanged, VmConfigChanged, Synchronised>;

// Changes until somebody takes them. The same one does not wait twice, and Synchronised waits
// behind all others.
class ChangeQueue {
 public:
  void add(Change change) { waiting_.insert(std::move(change)); }
  std::optional<Change> take() {
    if (waiting_.empty()) return std::nullopt;
    return std::move(waiting_.extract(waiting_.begin()).value());
  }

 private:
  // In the order of the variant's alternatives.
  std::set<Change> waiting_;
};

}  // namespace sallyport::qubes
