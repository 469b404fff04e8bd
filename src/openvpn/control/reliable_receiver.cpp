#include "openvpn/control/reliable_receiver.h"

#include <algorithm>

namespace sallyport::openvpn {
namespace {

// A peer can make us owe no more than this; an ACK dropped here is asked for again by its
// retransmission.
constexpr std::size_t kMaximumAcks = 2 * ReliableReceiver::kWindow;

}  // namespace

ReliableReceiver::Outcome ReliableReceiver::receive(MessageId id, Opcode opcode,
                                                    base::Bytes payload) {
  if (id.value() < expected_ || early_.contains(id.value())) {
    owe_ack(id);
    return Outcome::kDuplicate;
  }
  if (id.value() - expected_ >= kWindow) return Outcome::kOutOfWindow;
  owe_ack(id);
  early_.emplace(id.value(), ReliableMessage{id, opcode, {payload.begin(), payload.end()}});
  return Outcome::kAccepted;
}

std::optional<ReliableMessage> ReliableReceiver::next_in_order() {
  const auto next = early_.find(expected_);
  if (next == early_.end()) return std::nullopt;
  ReliableMessage message = std::move(next->second);
  early_.erase(next);
  ++expected_;
  return message;
}

AckList ReliableReceiver::take_acks(std::size_t limit) {
  AckList list;
  while (!acks_.empty() && list.size() < limit) {
    list.add(acks_.front());
    acks_.pop_front();
  }
  return list;
}

void ReliableReceiver::owe_ack(MessageId id) {
  if (acks_.size() < kMaximumAcks && std::ranges::find(acks_, id) == acks_.end())
    acks_.push_back(id);
}

}  // namespace sallyport::openvpn
