// Notices that what the peer sends over an established tunnel is lost here: all of it, or a whole
// kind of it. Such a tunnel looks well and carries nothing, or half.
//
// Most reasons for a drop are normal for some packets: repetitions, forgeries, stragglers of an old
// key. They count only while nothing of the peer is used. Others are nobody's doing but the peer's,
// since its packets are authentic, and it frames them otherwise than we do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/counter_set.h"
#include "base/time.h"
#include "openvpn/drop_reason.h"

namespace sallyport::openvpn {

class LossWatch {
 public:
  // How long it is counted, and how many lost packets are no accident.
  static constexpr base::Duration kWindow = std::chrono::seconds(5);
  static constexpr std::uint64_t kEnough = 3;

  // A packet was lost; `used`: how many of the peer were used so far. True when trouble() changed.
  bool lost(base::Instant now, DropReason reason, std::uint64_t used);
  // The same without another packet. Needed for trouble() to end by itself.
  bool handle_timeout(base::Instant now, std::uint64_t used);
  std::optional<base::Instant> next_deadline() const { return window_ends_; }

  // Why most is lost. It stays until packets are used and no more are lost for that reason.
  std::optional<DropReason> trouble() const { return trouble_; }

 private:
  void begin(base::Instant now, std::uint64_t used);

  std::optional<base::Instant> window_ends_;
  std::uint64_t used_before_ = 0;
  base::CounterSet<DropReason> lost_;  // in the window
  std::optional<DropReason> trouble_;
};

// For status and logs: whose packets are lost, why, and what to look at.
std::string describe_loss(std::string_view whose, DropReason trouble);

}  // namespace sallyport::openvpn
