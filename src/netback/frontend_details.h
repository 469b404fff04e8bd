// What a frontend wrote about itself when it was ready to connect (xen/io/netif.h): its rings, its
// event channels, its features. All of it is the guest's word, and is taken only in the exact form.
//
//   read "multi-queue-num-queues"; parse_queue_count()
//   read frontend_keys(count); parse_frontend()
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netback/frontend_features.h"
#include "netback/key_values.h"
#include "netback/xen_ids.h"

namespace sallyport::netback {

struct QueueDetails {
  GrantRef tx_ring;
  GrantRef rx_ring;
  // Equal where the frontend uses one channel for both.
  EventPort tx_port;
  EventPort rx_port;

  bool split_channels() const { return tx_port != rx_port; }
  friend bool operator==(const QueueDetails&, const QueueDetails&) = default;
};

struct FrontendDetails {
  std::vector<QueueDetails> queues;  // 1 to the maximum that was offered
  FrontendFeatures features;

  friend bool operator==(const FrontendDetails&, const FrontendDetails&) = default;
};

inline constexpr std::string_view kQueueCountKey = "multi-queue-num-queues";

// From the value of kQueueCountKey, or its absence, which means 1. At most `max_queues`, as
// offered.
std::expected<std::uint32_t, KeyError> parse_queue_count(std::optional<std::string_view> value,
                                                         std::uint32_t max_queues);

// The keys that parse_frontend() looks at, relative to the frontend's directory. Those that are not
// there are left out of its input.
std::vector<std::string> frontend_keys(std::uint32_t queue_count);

// One queue's keys are flat, those of several are in "queue-<n>/".
std::expected<FrontendDetails, KeyError> parse_frontend(const KeyValues& values,
                                                        std::uint32_t queue_count);

}  // namespace sallyport::netback
