#include "netback/xenbus_state.h"

#include <array>
#include <utility>

namespace sallyport::netback {
namespace {

struct Names {
  std::string_view digit;
  std::string_view name;
};
constexpr std::array<Names, 9> kNames{{{"0", "Unknown"},
                                       {"1", "Initialising"},
                                       {"2", "InitWait"},
                                       {"3", "Initialised"},
                                       {"4", "Connected"},
                                       {"5", "Closing"},
                                       {"6", "Closed"},
                                       {"7", "Reconfiguring"},
                                       {"8", "Reconfigured"}}};

}  // namespace

XenbusState parse_xenbus_state(std::optional<std::string_view> value) {
  if (!value) return XenbusState::kUnknown;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (*value == kNames[i].digit) return static_cast<XenbusState>(i);
  return XenbusState::kUnknown;
}

std::string_view to_text(XenbusState state) {
  return kNames[std::to_underlying(state)].digit;
}

std::string_view describe(XenbusState state) {
  return kNames[std::to_underlying(state)].name;
}

}  // namespace sallyport::netback
