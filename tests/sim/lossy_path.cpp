#include "lossy_path.h"

namespace sallyport::sim {

void LossyPath::send(base::Instant now, Towards towards, std::vector<std::uint8_t> packet) {
  ++sent_;
  if (packet.size() > weather_.mtu || happens(weather_.lost)) return;
  if (happens(weather_.damaged) && !packet.empty())
    packet[rng_.next() % packet.size()] ^= static_cast<std::uint8_t>(1U << rng_.next() % 8);
  if (happens(weather_.repeated)) schedule(now, towards, packet);
  schedule(now, towards, std::move(packet));
}

void LossyPath::schedule(base::Instant now, Towards towards, std::vector<std::uint8_t> packet) {
  const auto spread =
      static_cast<std::uint64_t>((weather_.longest - weather_.shortest).count()) + 1;
  const base::Duration delay =
      weather_.shortest + base::Duration(static_cast<std::int64_t>(rng_.next() % spread));
  under_way_.emplace(now + delay, Arrival{towards, std::move(packet)});
}

std::optional<base::Instant> LossyPath::next_arrival() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.begin()->first;
}

std::optional<LossyPath::Arrival> LossyPath::arrived(base::Instant now) {
  if (under_way_.empty() || under_way_.begin()->first > now) return std::nullopt;
  Arrival arrival = std::move(under_way_.begin()->second);
  under_way_.erase(under_way_.begin());
  return arrival;
}

}  // namespace sallyport::sim
