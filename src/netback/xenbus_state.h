// The states in which two halves of a device show themselves to each other (xen/io/xenbus.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::netback {

enum class XenbusState : std::uint8_t {
  kUnknown = 0,
  kInitialising = 1,
  kInitWait = 2,
  kInitialised = 3,
  kConnected = 4,
  kClosing = 5,
  kClosed = 6,
  kReconfiguring = 7,
  kReconfigured = 8,
};

// From a `state` node. kUnknown for a node that is not there, cannot be read or says anything else:
// nobody who means to go on writes that.
XenbusState parse_xenbus_state(std::optional<std::string_view> value);

// As written to the node: one digit.
std::string_view to_text(XenbusState state);
// For status and logs: "InitWait".
std::string_view describe(XenbusState state);

}  // namespace sallyport::netback
