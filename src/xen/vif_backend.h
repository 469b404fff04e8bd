// The backend of every vif that dom0 gives us: it follows xenstore, connects and disconnects
// frontends as they come and go, and moves packets to and from their rings. One frontend's faults
// cost that vif and nothing else.
//
// Readiness of xenstore_fd() calls for handle_xenstore(), of channels_fd() for handle_channels(),
// and next_deadline() for handle_timeout(); after each of them, take the events until there are
// none, and packets with receive() until has_packets() is false.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/buffer.h"
#include "base/fair_turns.h"
#include "base/time.h"
#include "netback/spurious_events.h"
#include "netback/vif_lifecycle.h"
#include "xen/vif_directory.h"
#include "xen/vif_queue.h"
#include "xen/xenstore.h"

namespace sallyport::xen {

struct VifConnected {
  netback::VifId vif;
  netback::BackendDetails details;
  netback::FrontendFeatures features;
};
struct VifDisconnected {
  netback::VifId vif;
};
// A line for the log.
struct VifNote {
  std::string text;
};
using VifEvent = std::variant<VifConnected, VifDisconnected, VifNote>;

class VifBackend {
 public:
  // Picks up the vifs that are there, those that another process served before included.
  static Result<std::unique_ptr<VifBackend>> open(base::Instant now);

  int xenstore_fd() const { return store_.fd(); }
  int channels_fd() const { return channels_.fd(); }
  void handle_xenstore(base::Instant now);
  void handle_channels(base::Instant now);
  void handle_timeout(base::Instant now);
  std::optional<base::Instant> next_deadline() const;

  std::optional<VifEvent> poll();

  // The vif is not wanted; its frontend is told, and stays closed until dom0 makes it anew.
  void shut(base::Instant now, netback::VifId vif, const std::string& why);

  bool has_packets() const { return !ready_.empty(); }
  struct Received {
    netback::VifId from;
    // In memory of ours, to be changed at will until the next receive().
    std::span<const netback::TxBatch::Packet> packets;
  };
  // A batch of at most max_packets from the guest whose turn it is, perhaps an empty one; none when
  // nothing waits.
  std::optional<Received> receive(base::Instant now, std::size_t max_packets);

  // A frame for a guest; its pieces stay as they are until flush(). Unknown vifs get nothing.
  void send(base::Instant now, netback::VifId vif, const netback::RxFrame& frame);
  void flush();

  // Calls visit(const VifQueue&) for each queue of a connected vif.
  template <class Visitor>
  void each_queue(netback::VifId vif, Visitor visit) const {
    const auto at = vifs_.find(vif);
    if (at == vifs_.end()) return;
    for (const VifQueue& queue : at->second.queues) visit(queue);
  }

 private:
  // A super-packet, or forty frames of a full link; what it takes is sealed before the next batch.
  static constexpr std::size_t kPool = 2 * netback::TxRing::kMinPool;
  static constexpr std::size_t kMaxPackets = 64;

  // Events taken before everything else has its turn.
  static constexpr std::size_t kEventsPerTurn = 64;

  struct Vif {
    explicit Vif(VifDirectory at) : directory(std::move(at)) {}
    VifDirectory directory;
    netback::VifLifecycle lifecycle;
    std::vector<VifQueue> queues;
    std::deque<std::size_t> ready;  // queues whose Tx rings may have requests, each once
  };
  struct QueueRef {
    netback::VifId vif;
    std::size_t queue = 0;
    friend bool operator==(const QueueRef&, const QueueRef&) = default;
  };
  struct Port {
    QueueRef queue;
    netback::SpuriousEvents spurious;
  };

  VifBackend(Xenstore store, GrantTable grants, EventChannels channels);
  void discover(base::Instant now);
  void look(base::Instant now, netback::VifId id);
  void take_in(Vif& vif, netback::VifId id);
  void watch_frontend(const Vif& vif, netback::VifId id);
  void advance(base::Instant now, netback::VifId id);
  void carry_out(Vif& vif, netback::VifId id, const netback::VifStep& step);
  void remove(Vif& vif, netback::VifId id);
  void connect(Vif& vif, netback::VifId id);
  void disconnect(Vif& vif, netback::VifId id);
  void fault(base::Instant now, netback::VifId id, netback::RingFault why);
  // True: there was something to do.
  bool serve_event(base::Instant now, LocalPort port);
  void unmask(base::Instant now, LocalPort port, bool useful);
  void unmask_due(base::Instant now);
  // False: it was known.
  bool mark_ready(QueueRef ref);
  VifQueue* find(QueueRef ref);
  void note(netback::VifId id, const std::string& text);

  Xenstore store_;
  GrantTable grants_;
  EventChannels channels_;
  std::map<netback::VifId, Vif> vifs_;
  std::map<LocalPort, Port> ports_;
  std::set<std::pair<base::Instant, LocalPort>> masked_;  // until when, for events about nothing
  base::FairTurns<netback::VifId> ready_{16 * 1024};      // a turn for each vif with ready queues
  std::optional<QueueRef> sending_;                       // whose frames are in rx_batch_
  // Lent to each queue in turn.
  std::unique_ptr<netback::TxBatch> tx_batch_ = std::make_unique<netback::TxBatch>();
  std::unique_ptr<netback::RxBatch> rx_batch_ = std::make_unique<netback::RxBatch>();
  base::Buffer pool_{kPool};
  std::deque<VifEvent> events_;
};

}  // namespace sallyport::xen
