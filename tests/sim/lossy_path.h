// A path between two hosts that loses, repeats, reorders, damages and cuts off packets, and lets
// them stand in line, in simulated time. The same seed gives the same fate to the same packets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "counting_rng.h"

namespace sallyport::sim {

enum class Towards { kServer, kClient };

class LossyPath {
 public:
  // Chances are in thousandths, for each packet.
  struct Weather {
    unsigned lost = 0;
    unsigned repeated = 0;
    unsigned damaged = 0;
    base::Duration shortest = std::chrono::milliseconds(20);
    base::Duration longest =
        std::chrono::milliseconds(20);  // beyond `shortest`, packets overtake each other
    std::size_t mtu = 65535;            // longer packets vanish
    // Towards the server: bytes a second that it carries, and how many wait for it before the next
    // one is lost. 0: no limit.
    std::size_t rate = 0;
    std::size_t queue = 0;
  };

  LossyPath(Weather weather, std::uint64_t seed) : weather_(weather), rng_(seed) {}

  void send(base::Instant now, Towards towards, std::vector<std::uint8_t> packet);
  std::optional<base::Instant> next_arrival() const;
  struct Arrival {
    Towards towards;
    std::vector<std::uint8_t> packet;
  };
  // The next packet that has arrived by `now`.
  std::optional<Arrival> arrived(base::Instant now);

  Weather& weather() { return weather_; }
  std::uint64_t sent() const { return sent_; }

 private:
  bool happens(unsigned thousandths) { return rng_.next() % 1000 < thousandths; }
  // When the slow part of the way has let it through; nothing: it found no room in front of it.
  std::optional<base::Instant> through_queue(base::Instant now, std::size_t size);
  void schedule(base::Instant now, Towards towards, std::vector<std::uint8_t> packet);

  Weather weather_;
  testing::CountingRng rng_;
  std::multimap<base::Instant, Arrival> under_way_;
  std::uint64_t sent_ = 0;
  base::Instant idle_from_{};  // the slow part
};

}  // namespace sallyport::sim
