// A Xen without a hypervisor, for what src/xen does with one: libxenstore, libxenevtchn and
// libxengnttab, as far as it calls them, are functions of this program. One exists at a time.
// Its time passes by calls: each costs kCall, and guests that storm go on meanwhile, as those do
// that have a processor of their own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "netback/xen_ids.h"
#include "netfront.h"

namespace sallyport::testing {

// A domain with one vif whose frontend is connected.
class FakeGuest {
 public:
  enum class Channels { kShared, kSplit };

  FakeGuest(netback::DomainId id, std::size_t queues, Channels channels);

  netback::DomainId id() const { return id_; }
  netback::VifId vif() const { return {id_, netback::DeviceId(0)}; }
  std::size_t queues() const { return fronts_.size(); }
  // Pages granted are those of the first queue.
  Netfront& front(std::size_t queue = 0) { return *fronts_[queue]; }
  // Its own numbers: of ring pages, and of its ends of the channels.
  std::uint32_t tx_ring(std::size_t queue) const;
  std::uint32_t rx_ring(std::size_t queue) const;
  std::uint32_t tx_port(std::size_t queue) const;
  std::uint32_t rx_port(std::size_t queue) const;
  std::vector<std::uint32_t> ports() const;

 private:
  netback::DomainId id_;
  Channels channels_;
  std::vector<std::unique_ptr<Netfront>> fronts_;
};

class FakeXen {
 public:
  // One reading or writing of a device.
  static constexpr base::Duration kCall = std::chrono::microseconds(1);

  FakeXen();
  ~FakeXen();
  FakeXen(const FakeXen&) = delete;

  base::Instant now() const { return now_; }
  void wait(base::Duration duration);

  // Announces its vif to the backend.
  FakeGuest& add(netback::DomainId id, std::size_t queues = 1,
                 FakeGuest::Channels channels = FakeGuest::Channels::kShared);
  // The guest sends an event by its end of a channel.
  void notify(const FakeGuest& guest, std::uint32_t port);
  // From now until `end` one event on each of its ports every `period`.
  void storm(const FakeGuest& guest, base::Duration period, base::Instant end);

  // Events of the backend's ports that it has not taken yet, and all that it ever took.
  std::size_t waiting_events() const { return fired_.size(); }
  std::uint64_t taken_events() const { return taken_; }
  bool is_masked(const FakeGuest& guest, std::uint32_t port) const;
  std::optional<std::string> node(const std::string& path) const;

  // For the libraries' functions.
  struct Calls;

 private:
  struct Channel {
    netback::DomainId domain;
    std::uint32_t remote = 0;
    bool masked = false;
    bool pending = false;
  };
  struct Storm {
    std::vector<std::uint32_t> ports;  // the backend's
    base::Duration period;
    base::Instant next;
    base::Instant end;
  };

  void call() { wait(kCall); }
  void fire(std::uint32_t port);
  std::optional<std::uint32_t> port_of(const FakeGuest& guest, std::uint32_t remote) const;
  FakeGuest* find(std::uint32_t domain);
  void write(const std::string& path, const std::string& value);

  base::Instant now_{std::chrono::seconds(1000)};
  std::map<std::string, std::string> nodes_;
  std::map<std::string, std::string> watches_;  // path by token
  std::deque<std::pair<std::string, std::string>> changes_;
  std::vector<std::unique_ptr<FakeGuest>> guests_;
  std::map<std::uint32_t, Channel> channels_;  // by the backend's port
  std::deque<std::uint32_t> fired_;
  std::vector<Storm> storms_;
  std::uint32_t next_port_ = 1;
  std::uint64_t taken_ = 0;
};

}  // namespace sallyport::testing
