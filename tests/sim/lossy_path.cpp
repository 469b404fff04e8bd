#include "lossy_path.h"

#include <algorithm>

namespace sallyport::sim {
namespace {

// A queue that has no room for one of these takes no smaller packet either, as one that counts
// packets does.
constexpr double kLargest = 1500;

}  // namespace

void LossyPath::send(base::Instant now, Towards towards, std::vector<std::uint8_t> packet) {
  ++sent_;
  if (packet.size() > weather_.mtu || happens(weather_.lost)) return;
  if (towards == Towards::kServer && weather_.rate != 0) {
    const auto through = through_queue(now, packet.size());
    if (!through) return;
    now = *through;
  }
  if (happens(weather_.damaged) && !packet.empty())
    packet[rng_.next() % packet.size()] ^= static_cast<std::uint8_t>(1U << rng_.next() % 8);
  if (happens(weather_.repeated)) schedule(now, towards, packet);
  schedule(now, towards, std::move(packet));
}

std::optional<base::Instant> LossyPath::through_queue(base::Instant now, std::size_t size) {
  using Seconds = std::chrono::duration<double>;
  const auto rate = static_cast<double>(weather_.rate);
  idle_from_ = std::max(idle_from_, now);
  const double waiting = std::chrono::duration_cast<Seconds>(idle_from_ - now).count() * rate;
  if (waiting + kLargest > static_cast<double>(weather_.queue)) return std::nullopt;
  idle_from_ +=
      std::chrono::duration_cast<base::Duration>(Seconds(static_cast<double>(size) / rate));
  return idle_from_;
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
