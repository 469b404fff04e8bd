// A guest's half of a vif, after Linux's netfront: it owns the ring pages and the pages it grants,
// sends, posts, receives, and holds every answer to the letter of xen/io/netif.h. It shares no line
// with src/netback but the types in which grant copies are written down. What it finds wrong with
// the backend is in complaints().
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "netback/grant_copy.h"
#include "netback/shared_ring.h"
#include "packet_builder.h"

namespace sallyport::testing {

// The pages of a guest that can be granted, and the hypervisor that copies from and to them.
class GuestMemory {
 public:
  static constexpr std::size_t kPage = 4096;
  using Page = std::array<std::uint8_t, kPage>;

  // Reference `first + i` is page i.
  GuestMemory(std::uint32_t first, std::size_t pages) : first_(first), pages_(pages) {}

  std::uint32_t ref_of(std::size_t page) const { return first_ + static_cast<std::uint32_t>(page); }
  // Made when it is first looked at.
  Page& page(std::size_t index);
  // From now on the reference is refused.
  void revoke(std::uint32_t ref) { revoked_.push_back(ref); }

  // One grant copy call each. What the hypervisor refuses stays not done; false when an operation
  // was not even well formed, which is the backend's fault.
  bool run(std::span<netback::CopyFromGuest> copies);
  bool run(std::span<netback::CopyToGuest> copies);

  std::size_t calls() const { return calls_; }
  std::size_t operations() const { return operations_; }

 private:
  // The page at `ref`; nothing where none is granted.
  Page* find(netback::GrantRef ref);

  std::uint32_t first_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::uint32_t> revoked_;
  std::size_t calls_ = 0;
  std::size_t operations_ = 0;
};

// The front end of one ring, by the macros of xen/io/ring.h.
class FrontRing {
 public:
  static constexpr std::uint32_t kSlots = 256;
  // Word numbers in the page.
  static constexpr std::size_t kReqProd = 0, kReqEvent = 1, kRspProd = 2, kRspEvent = 3;

  // Both ends' indices start at `start`, as if that many messages had passed.
  FrontRing(std::size_t slot_words, std::uint32_t start);

  netback::RingPage page() { return *page_; }
  std::uint32_t read(std::size_t word) const;
  void write(std::size_t word, std::uint32_t value);

  std::uint32_t free_slots() const { return kSlots - (produced_ - consumed_); }
  std::uint32_t produced() const { return produced_; }
  std::uint32_t consumed() const { return consumed_; }

  // Fills the next free slot, unseen by the backend until push().
  void put(std::span<const std::uint32_t> words);
  // True: notify the backend.
  bool push();
  // Responses not taken yet, as the backend says.
  std::uint32_t responses() const;
  std::vector<std::uint32_t> take();
  // Asks for a notification of the next response. True: there is one already.
  bool rearm();

 private:
  std::size_t word_of(std::uint32_t index) const;

  std::unique_ptr<std::array<std::uint32_t, 1024>> page_;
  std::size_t slot_words_;
  std::uint32_t produced_;
  std::uint32_t consumed_;
};

struct NetfrontGso {
  std::uint8_t type = 1;
  std::uint16_t size = 1448;
};

// How a frame is put on the ring.
struct SendOptions {
  bool csum_blank = false;
  bool data_validated = false;
  std::optional<NetfrontGso> gso = {};
  bool hash_extra = false;
  // Bytes in the first slot, and where in its page they start; the rest fills whole pages.
  std::size_t head = GuestMemory::kPage;
  std::size_t head_offset = 0;
};

struct ReceivedFrame {
  ByteVector bytes;
  bool csum_blank = false;
  bool data_validated = false;
  std::optional<NetfrontGso> gso = {};
  std::size_t slots = 0;
  // One of its slots came with an error: a real one drops the frame.
  bool failed = false;
};

class Netfront {
 public:
  explicit Netfront(std::uint32_t start = 0);

  FrontRing& tx() { return tx_; }
  FrontRing& rx() { return rx_; }
  GuestMemory& tx_memory() { return tx_memory_; }
  GuestMemory& rx_memory() { return rx_memory_; }

  // Nothing when the ring has no room. Else whether the backend is to be notified.
  std::optional<bool> send(const ByteVector& frame, const SendOptions& options = {});
  // The same, not shown to the backend before push_tx().
  bool queue(const ByteVector& frame, const SendOptions& options = {});
  bool push_tx() { return tx_.push(); }
  // Takes all answers; gives the statuses of those that are for requests with data.
  std::vector<std::int16_t> reap();

  // A single request as the hostile write it. The id is one of ours that is free, and is returned.
  std::uint16_t put_request(std::uint32_t ref, std::uint16_t offset, std::uint16_t flags,
                            std::uint16_t size);
  void put_extra(std::array<std::uint8_t, 8> bytes);

  // Posts up to `count` empty pages, as many as fit. Whether the backend is to be notified.
  bool post(std::uint32_t count = FrontRing::kSlots);
  // Takes every frame that is there.
  std::vector<ReceivedFrame> receive();

  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  void complain(std::string what) { complaints_.push_back(std::move(what)); }
  std::size_t take_tx_page();
  void put_slot(std::size_t page, std::size_t offset, std::uint16_t flags, std::uint16_t size);
  void receive_slot(ReceivedFrame& frame, const std::vector<std::uint32_t>& response);
  // Frees the page posted at the slot just consumed.
  std::size_t take_rx_page();

  FrontRing tx_;
  FrontRing rx_;
  GuestMemory tx_memory_{1000, FrontRing::kSlots};
  GuestMemory rx_memory_{5000, FrontRing::kSlots};
  std::deque<std::size_t> free_tx_;  // pages, which are also request ids
  std::deque<std::size_t> free_rx_;
  // In ring order: the id asked for, or nothing in the place of an extra-info.
  std::deque<std::optional<std::uint16_t>> sent_;
  std::deque<std::size_t> posted_;  // pages
  std::vector<std::string> complaints_;
};

}  // namespace sallyport::testing
