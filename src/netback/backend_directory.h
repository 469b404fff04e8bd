// The backend's directory of a vif, backend/vif/<domain>/<device>: what dom0 wrote there for us,
// and what we write for the frontend. dom0 is believed, but not misread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "netback/key_values.h"
#include "netback/xen_ids.h"

namespace sallyport::netback {

struct BackendDetails {
  // The frontend's directory: absolute, and below its own domain's.
  std::string frontend;
  // The hardware address of the frontend's side.
  std::array<std::uint8_t, 6> mac{};
  // The addresses that the guest may use; empty when dom0 gave none.
  std::vector<base::IpAddress> addresses;

  friend bool operator==(const BackendDetails&, const BackendDetails&) = default;
};

// The keys that parse_backend() looks at. They do not change while the directory lasts; "online"
// and "state" do, and are for VifLifecycle.
std::vector<std::string> backend_keys();

// `vif` is what the directory's own name says; frontend-id and frontend must agree with it.
std::expected<BackendDetails, KeyError> parse_backend(const KeyValues& values, VifId vif);

// Two decimal numbers without leading zeros, from a path such as "7/0"; nothing for anything else.
std::optional<VifId> parse_vif_path(std::string_view path);

struct KeyValue {
  std::string key;
  std::string value;

  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

// What VifAction::kOfferFeatures writes, before the state. As few as it can be: nodes count against
// our quota in xenstore. max_queues is at least 1. Not offered: control ring, hashing, multicast
// control, page flipping.
std::vector<KeyValue> offered_features(std::uint32_t max_queues);

}  // namespace sallyport::netback
