#include "netback/frontend_details.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sallyport::netback {
namespace {

using Reason = KeyError::Reason;

constexpr std::string_view kTxRingRef = "tx-ring-ref";
constexpr std::string_view kRxRingRef = "rx-ring-ref";
constexpr std::string_view kChannel = "event-channel";
constexpr std::string_view kTxChannel = "event-channel-tx";
constexpr std::string_view kRxChannel = "event-channel-rx";
constexpr std::array kQueueKeys{kTxRingRef, kRxRingRef, kChannel, kTxChannel, kRxChannel};

constexpr std::string_view kRequestRxCopy = "request-rx-copy";
constexpr std::string_view kNoCsumOffload = "feature-no-csum-offload";

struct Flag {
  std::string_view key;
  bool FrontendFeatures::* member;
};
constexpr std::array<Flag, 5> kFlags{
    {{"feature-sg", &FrontendFeatures::sg},
     {"feature-gso-tcpv4", &FrontendFeatures::gso_tcpv4},
     {"feature-gso-tcpv6", &FrontendFeatures::gso_tcpv6},
     {"feature-ipv6-csum-offload", &FrontendFeatures::ipv6_csum_offload},
     {"feature-rx-notify", &FrontendFeatures::rx_notify}}};

// EVTCHN_FIFO_NR_CHANNELS: no domain has more (xen/event_channel.h).
constexpr std::uint32_t kMaxPort = (1u << 17) - 1;

std::string prefix_of(std::uint32_t queue, std::uint32_t queue_count) {
  return queue_count == 1 ? "" : "queue-" + std::to_string(queue) + "/";
}

std::unexpected<KeyError> error(std::string key, Reason reason) {
  return std::unexpected(KeyError{std::move(key), reason});
}

// Numbers of which each may be named once.
class Distinct {
 public:
  bool add(std::uint32_t number) {
    if (std::ranges::find(seen_, number) != seen_.end()) return false;
    seen_.push_back(number);
    return true;
  }

 private:
  std::vector<std::uint32_t> seen_;
};

// Reads one queue's keys; keeps what queues may not share.
class QueueReader {
 public:
  explicit QueueReader(const KeyValues& values) : values_(values) {}

  std::expected<QueueDetails, KeyError> read(const std::string& prefix) {
    QueueDetails queue;
    auto tx_ring = ring(prefix + std::string(kTxRingRef));
    if (!tx_ring) return std::unexpected(tx_ring.error());
    auto rx_ring = ring(prefix + std::string(kRxRingRef));
    if (!rx_ring) return std::unexpected(rx_ring.error());
    queue.tx_ring = *tx_ring;
    queue.rx_ring = *rx_ring;

    // One channel of either kind means both: netif.h, "feature-split-event-channels".
    const std::string tx_key = prefix + std::string(kTxChannel);
    const std::string rx_key = prefix + std::string(kRxChannel);
    const bool split = values_.find(tx_key) || values_.find(rx_key);
    const auto tx_port = port(split ? tx_key : prefix + std::string(kChannel));
    if (!tx_port) return std::unexpected(tx_port.error());
    queue.tx_port = queue.rx_port = *tx_port;
    if (split) {
      const auto rx_port = port(rx_key);
      if (!rx_port) return std::unexpected(rx_port.error());
      queue.rx_port = *rx_port;
    }
    return queue;
  }

 private:
  std::expected<GrantRef, KeyError> ring(const std::string& key) {
    const auto number = read_number(values_, key, 0, std::numeric_limits<std::uint32_t>::max());
    if (!number) return std::unexpected(number.error());
    if (!rings_.add(*number)) return error(key, Reason::kRepeated);
    return GrantRef(*number);
  }

  std::expected<EventPort, KeyError> port(const std::string& key) {
    const auto number = read_number(values_, key, 1, kMaxPort);
    if (!number) return std::unexpected(number.error());
    if (!ports_.add(*number)) return error(key, Reason::kRepeated);
    return EventPort(*number);
  }

  const KeyValues& values_;
  Distinct rings_;
  Distinct ports_;
};

std::expected<FrontendFeatures, KeyError> read_features(const KeyValues& values) {
  // Page flipping, the other way to receive, has been gone from Linux for long.
  const auto rx_copy = read_flag(values, kRequestRxCopy);
  if (!rx_copy) return std::unexpected(rx_copy.error());
  if (!*rx_copy) return error(std::string(kRequestRxCopy), Reason::kNotSupported);

  FrontendFeatures features;
  for (const Flag& flag : kFlags) {
    const auto value = read_flag(values, flag.key);
    if (!value) return std::unexpected(value.error());
    features.*flag.member = *value;
  }
  const auto no_csum = read_flag(values, kNoCsumOffload);
  if (!no_csum) return std::unexpected(no_csum.error());
  features.ipv4_csum_offload = !*no_csum;
  return features;
}

}  // namespace

std::expected<std::uint32_t, KeyError> parse_queue_count(std::optional<std::string_view> value,
                                                         std::uint32_t max_queues) {
  if (!value) return 1;
  KeyValues values;
  values.set(std::string(kQueueCountKey), std::string(*value));
  return read_number(values, kQueueCountKey, 1, max_queues);
}

std::vector<std::string> frontend_keys(std::uint32_t queue_count) {
  std::vector<std::string> keys;
  for (std::uint32_t queue = 0; queue < queue_count; ++queue)
    for (const std::string_view key : kQueueKeys)
      keys.push_back(prefix_of(queue, queue_count) + std::string(key));
  keys.emplace_back(kRequestRxCopy);
  keys.emplace_back(kNoCsumOffload);
  for (const Flag& flag : kFlags) keys.emplace_back(flag.key);
  return keys;
}

std::expected<FrontendDetails, KeyError> parse_frontend(const KeyValues& values,
                                                        std::uint32_t queue_count) {
  FrontendDetails details;
  QueueReader reader(values);
  for (std::uint32_t i = 0; i < queue_count; ++i) {
    const auto queue = reader.read(prefix_of(i, queue_count));
    if (!queue) return std::unexpected(queue.error());
    details.queues.push_back(*queue);
  }
  const auto features = read_features(values);
  if (!features) return std::unexpected(features.error());
  details.features = *features;
  return details;
}

}  // namespace sallyport::netback
