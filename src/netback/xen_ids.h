// The numbers by which Xen names things. All of a frontend's come from the frontend and mean
// nothing until the hypervisor has accepted them.
#pragma once

#include <compare>
#include <cstdint>

#include "base/strong.h"

namespace sallyport::netback {

using DomainId = base::Strong<struct DomainIdTag, std::uint16_t>;
using DeviceId = base::Strong<struct DeviceIdTag, std::uint32_t>;
// A page that its owner shares with us.
using GrantRef = base::Strong<struct GrantRefTag, std::uint32_t>;
// The frontend's end of an event channel; never 0 once parsed.
using EventPort = base::Strong<struct EventPortTag, std::uint32_t>;

// One network device: the two numbers of "backend/vif/<domain>/<device>".
struct VifId {
  DomainId domain;
  DeviceId device;

  friend constexpr auto operator<=>(const VifId&, const VifId&) = default;
};

}  // namespace sallyport::netback
