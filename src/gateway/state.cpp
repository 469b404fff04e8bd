#include "gateway/state.h"

#include "base/check.h"

namespace sallyport::gateway {

Policy policy_for(State state) {
  switch (state) {
    case State::kConnected:
      return {.seal_inside_packets = true, .deliver_to_clients = true};
    case State::kBlocked:
    case State::kResolving:
    case State::kConnecting:
    case State::kReconnecting:
      return {};
  }
  CHECK(false);
}

std::string_view name_of(State state) {
  switch (state) {
    case State::kBlocked:
      return "blocked";
    case State::kResolving:
      return "resolving";
    case State::kConnecting:
      return "connecting";
    case State::kConnected:
      return "connected";
    case State::kReconnecting:
      return "reconnecting";
  }
  CHECK(false);
}

}  // namespace sallyport::gateway
