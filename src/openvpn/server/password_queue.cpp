#include "openvpn/server/password_queue.h"

#include <algorithm>

#include "openvpn/server/place_counts.h"

namespace sallyport::openvpn {

bool PasswordQueue::add(PasswordCheck& check) {
  if (check.rekey) {
    const auto older = std::ranges::find(rekeys_, check.client, &PasswordCheck::client);
    if (older == rekeys_.end()) {
      rekeys_.push_back(std::move(check));
    } else {
      *older = std::move(check);
    }
    return true;
  }
  const base::IpAddress place = place_of(check.source);
  const auto found = newcomers_.find(place);
  const std::size_t of_place = found == newcomers_.end() ? 0 : found->second.size();
  if (waiting_ >= kMostWaiting || of_place >= kMostOfOnePlace) return false;
  if (of_place == 0) turns_.push_back(place);
  newcomers_[place].push_back(std::move(check));
  ++waiting_;
  return true;
}

std::optional<PasswordCheck> PasswordQueue::next() {
  if (!rekeys_.empty()) {
    PasswordCheck check = std::move(rekeys_.front());
    rekeys_.pop_front();
    return check;
  }
  if (turns_.empty()) return std::nullopt;
  const base::IpAddress place = turns_.front();
  turns_.pop_front();
  const auto at = newcomers_.find(place);
  PasswordCheck check = std::move(at->second.front());
  at->second.pop_front();
  --waiting_;
  if (at->second.empty()) {
    newcomers_.erase(at);
  } else {
    turns_.push_back(place);
  }
  return check;
}

}  // namespace sallyport::openvpn
