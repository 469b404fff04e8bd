#include "gateway/state.h"

#include "base/check.h"

namespace sallyport::gateway {

Policy policy_for(State state) {
  switch (state) {
    case State::kBlocked:
      return {};
    case State::kResolving:
      return {.look_up_server = true};
    case State::kConnecting:
      return {};
    case State::kConnected:
      return {.seal_inside_packets = true, .deliver_to_clients = true};
    case State::kReconnecting:
      return {.look_up_server = true};
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
