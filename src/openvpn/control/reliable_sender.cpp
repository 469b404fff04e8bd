#include "openvpn/control/reliable_sender.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

constexpr base::Instant kAtOnce{};
constexpr int kOvertakenLimit = 3;
// A server that comes back is met within this time. One small packet makes no crowded path worse.
constexpr base::Duration kLongestResetPause = std::chrono::seconds(4);

base::Duration longer(base::Duration timeout, Opcode opcode) {
  const bool knocks =
      opcode == Opcode::kControlHardResetClientV2 || opcode == Opcode::kControlHardResetClientV3;
  if (!knocks) return timeout * 2;
  return std::max(timeout, std::min(timeout * 2, kLongestResetPause));
}

}  // namespace

void ReliableSender::push(Opcode opcode, std::vector<std::uint8_t> payload) {
  CHECK(has_room());
  waiting_.push_back(
      {{MessageId(next_id_++), opcode, std::move(payload)}, kAtOnce, first_timeout_});
}

void ReliableSender::acknowledge(MessageId id) {
  const auto found =
      std::ranges::find(waiting_, id, [](const Waiting& entry) { return entry.message.id; });
  if (found == waiting_.end()) return;
  for (auto earlier = waiting_.begin(); earlier != found; ++earlier) {
    if (++earlier->overtaken == kOvertakenLimit) earlier->due = kAtOnce;
  }
  waiting_.erase(found);
}

const ReliableMessage* ReliableSender::next_due(base::Instant now) {
  for (Waiting& entry : waiting_) {
    if (entry.due > now) continue;
    entry.due = now + entry.timeout;
    entry.timeout = longer(entry.timeout, entry.message.opcode);
    return &entry.message;
  }
  return nullptr;
}

std::optional<base::Instant> ReliableSender::next_deadline() const {
  const auto next =
      std::ranges::min_element(waiting_, {}, [](const Waiting& entry) { return entry.due; });
  if (next == waiting_.end()) return std::nullopt;
  return next->due;
}

}  // namespace sallyport::openvpn
