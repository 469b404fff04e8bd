// Looks up the host names that firewall rules are about: through the tunnel, as the clients' own
// DNS goes, so that no rule betrays a name to the uplink. Each name is asked again when its answer
// has run out, and as long as there is a tunnel.
//
// A host may have more addresses than one answer tells, and a client may use one that it learned a
// while ago: an address counts for kKept after it was last heard of.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "net/dns/message.h"
#include "net/rules/host_addresses.h"

namespace sallyport::gateway {

class HostLookup {
 public:
  // More names than that are not looked up; their rules match as unknown names do.
  static constexpr std::size_t kMaxQuestions = 4096;
  static constexpr base::Duration kKept = std::chrono::hours(1);
  // Of one name; the one not heard of for longest gives way.
  static constexpr std::size_t kMaxAddresses = 512;
  // Bounds on what an answer's time to live makes of the next question.
  static constexpr base::Duration kSoonest = std::chrono::seconds(30);
  static constexpr base::Duration kLatest = std::chrono::minutes(30);
  // Without an answer: again after this, then after twice as long, up to the limit.
  static constexpr base::Duration kFirstRetry = std::chrono::seconds(1);
  static constexpr base::Duration kLastRetry = std::chrono::minutes(1);
  // Many questions are not sent at one moment, but so many, and the next so much later.
  static constexpr std::size_t kBurst = 32;
  static constexpr base::Duration kPause = std::chrono::milliseconds(50);

  // `rng` outlives it.
  explicit HostLookup(base::Rng& rng) : rng_(rng) {}

  // These are wanted from now on; what is known of others is forgotten.
  void want(base::Now now, const std::vector<net::DnsQuestion>& questions);

  // There is a tunnel that leads to a resolver, or there is none any more. What is known stays.
  void start(base::Now now);
  void stop();

  // The next question to be sent now, as a UDP payload.
  std::optional<std::vector<std::uint8_t>> poll(base::Now now);
  // An answer's UDP payload. True: what is known has changed.
  bool handle_answer(base::Now now, base::Bytes message);
  // True: what is known has changed, as addresses have not been heard of for too long.
  bool handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const { return next_deadline_; }

  const net::HostAddresses& addresses() const { return addresses_; }

 private:
  struct Order {
    bool operator()(const net::DnsQuestion& a, const net::DnsQuestion& b) const {
      return a.type != b.type ? a.type < b.type : a.name < b.name;
    }
  };
  struct Entry {
    base::Instant ask_at{};
    base::Duration retry = kFirstRetry;
    std::optional<std::uint16_t> id;  // of the question that is out
    // Until when each address counts.
    std::map<net::IpAddress, base::Instant> kept_until;
  };
  using Entries = std::map<net::DnsQuestion, Entry, Order>;

  bool learn(base::Now now, const net::DnsQuestion& question, Entry& entry,
             const net::DnsAnswer& answer);
  void publish(const net::DnsQuestion& question, const Entry& entry);
  // After any change of a time.
  void find_next_deadline();

  base::Rng& rng_;
  bool running_ = false;
  std::optional<base::Instant> next_deadline_;
  Entries entries_;
  net::HostAddresses addresses_;
};

}  // namespace sallyport::gateway
