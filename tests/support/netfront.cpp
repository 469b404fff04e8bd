#include "netfront.h"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace sallyport::testing {
namespace {

constexpr std::uint16_t kTxBlank = 1, kTxValidated = 2, kTxMore = 4, kTxExtra = 8;
constexpr unsigned kRxValidated = 1, kRxBlank = 2, kRxMore = 4, kRxExtra = 8;
constexpr std::size_t kHeaderWords = 16;
constexpr std::uint8_t kGsoExtra = 1, kHashExtra = 4, kMoreExtras = 1;

std::uint32_t word(std::uint32_t low, std::uint32_t high) {
  return low | high << 16;
}
std::uint16_t low(std::uint32_t word) {
  return static_cast<std::uint16_t>(word);
}
std::uint16_t high(std::uint32_t word) {
  return static_cast<std::uint16_t>(word >> 16);
}

}  // namespace

GuestMemory::Page& GuestMemory::page(std::size_t index) {
  if (!pages_[index]) pages_[index] = std::make_unique<Page>();
  return *pages_[index];
}

GuestMemory::Page* GuestMemory::find(netback::GrantRef ref) {
  const std::uint32_t index = ref.value() - first_;
  if (index >= pages_.size() || std::ranges::find(revoked_, ref.value()) != revoked_.end())
    return nullptr;
  return &page(index);
}

bool GuestMemory::run(std::span<netback::CopyFromGuest> copies) {
  calls_ += !copies.empty();
  bool well_formed = true;
  for (netback::CopyFromGuest& copy : copies) {
    ++operations_;
    const Page* page = find(copy.ref);
    const bool fits = !copy.local.empty() && copy.offset + copy.local.size() <= kPage;
    well_formed = well_formed && fits && !copy.done;
    if (!page || !fits) continue;
    base::copy_bytes(base::Bytes(*page).subspan(copy.offset, copy.local.size()), copy.local);
    copy.done = true;
  }
  return well_formed;
}

bool GuestMemory::run(std::span<netback::CopyToGuest> copies) {
  calls_ += !copies.empty();
  bool well_formed = true;
  for (netback::CopyToGuest& copy : copies) {
    ++operations_;
    Page* page = find(copy.ref);
    const bool fits = !copy.local.empty() && copy.offset + copy.local.size() <= kPage;
    well_formed = well_formed && fits && !copy.done;
    if (!page || !fits) continue;
    base::copy_bytes(copy.local, base::MutableBytes(*page).subspan(copy.offset));
    copy.done = true;
  }
  return well_formed;
}

FrontRing::FrontRing(std::size_t slot_words, std::uint32_t start)
    : page_(std::make_unique<std::array<std::uint32_t, 1024>>()),
      slot_words_(slot_words),
      produced_(start),
      consumed_(start) {
  write(kReqProd, start);
  write(kRspProd, start);
  write(kReqEvent, start + 1);
  write(kRspEvent, start + 1);
}

std::uint32_t FrontRing::read(std::size_t word) const {
  return std::atomic_ref((*page_)[word]).load();
}

void FrontRing::write(std::size_t word, std::uint32_t value) {
  std::atomic_ref((*page_)[word]).store(value);
}

std::size_t FrontRing::word_of(std::uint32_t index) const {
  return kHeaderWords + index % kSlots * slot_words_;
}

void FrontRing::put(std::span<const std::uint32_t> words) {
  for (std::size_t i = 0; i < words.size(); ++i) write(word_of(produced_) + i, words[i]);
  ++produced_;
}

bool FrontRing::push() {
  const std::uint32_t before = read(kReqProd);
  write(kReqProd, produced_);
  return produced_ - read(kReqEvent) < produced_ - before;
}

std::uint32_t FrontRing::responses() const {
  return read(kRspProd) - consumed_;
}

std::vector<std::uint32_t> FrontRing::take() {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < slot_words_; ++i) words.push_back(read(word_of(consumed_) + i));
  ++consumed_;
  return words;
}

bool FrontRing::rearm() {
  write(kRspEvent, consumed_ + 1);
  return responses() > 0;
}

Netfront::Netfront(std::uint32_t start) : tx_(3, start), rx_(2, start) {
  free_tx_.resize(FrontRing::kSlots);
  std::iota(free_tx_.begin(), free_tx_.end(), 0);
  free_rx_ = free_tx_;
}

std::size_t Netfront::take_tx_page() {
  const std::size_t page = free_tx_.front();
  free_tx_.pop_front();
  return page;
}

void Netfront::put_slot(std::size_t page, std::size_t offset, std::uint16_t flags,
                        std::uint16_t size) {
  sent_.push_back(static_cast<std::uint16_t>(page));
  tx_.put(std::array{tx_memory_.ref_of(page), word(static_cast<std::uint16_t>(offset), flags),
                     word(static_cast<std::uint16_t>(page), size)});
}

bool Netfront::queue(const ByteVector& frame, const SendOptions& options) {
  struct Part {
    std::size_t begin, size, offset;
  };
  std::vector<Part> parts;
  std::size_t room = std::min(options.head, GuestMemory::kPage - options.head_offset);
  for (std::size_t begin = 0; begin < frame.size(); room = GuestMemory::kPage) {
    const std::size_t size = std::min(room, frame.size() - begin);
    parts.push_back({begin, size, begin == 0 ? options.head_offset : 0});
    begin += size;
  }
  const std::size_t extras = std::size_t{options.gso.has_value()} + options.hash_extra;
  if (tx_.free_slots() < parts.size() + extras || free_tx_.size() < parts.size()) return false;

  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t page = take_tx_page();
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(parts[i].begin), parts[i].size,
                tx_memory_.page(page).begin() + static_cast<std::ptrdiff_t>(parts[i].offset));
    unsigned flags = i + 1 < parts.size() ? kTxMore : 0;
    if (i == 0) {
      if (options.csum_blank) flags |= kTxBlank | kTxValidated;
      if (options.data_validated) flags |= kTxValidated;
      if (extras > 0) flags |= kTxExtra;
    }
    put_slot(page, parts[i].offset, static_cast<std::uint16_t>(flags),
             static_cast<std::uint16_t>(i == 0 ? frame.size() : parts[i].size));
    if (i > 0) continue;
    if (options.gso) {
      const std::uint8_t more = options.hash_extra ? kMoreExtras : 0;
      put_extra({kGsoExtra, more, static_cast<std::uint8_t>(options.gso->size),
                 static_cast<std::uint8_t>(options.gso->size >> 8), options.gso->type, 0, 0, 0});
    }
    if (options.hash_extra) put_extra({kHashExtra, 0, 3, 1, 0xde, 0xad, 0xbe, 0xef});
  }
  return true;
}

std::optional<bool> Netfront::send(const ByteVector& frame, const SendOptions& options) {
  if (!queue(frame, options)) return std::nullopt;
  return push_tx();
}

std::uint16_t Netfront::put_request(std::uint32_t ref, std::uint16_t offset, std::uint16_t flags,
                                    std::uint16_t size) {
  const auto id = static_cast<std::uint16_t>(take_tx_page());
  sent_.push_back(id);
  tx_.put(std::array{ref, word(offset, flags), word(id, size)});
  return id;
}

void Netfront::put_extra(std::array<std::uint8_t, 8> bytes) {
  sent_.push_back(std::nullopt);
  std::array<std::uint32_t, 3> words{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    words[i / 4] |= std::uint32_t{bytes[i]} << (8 * (i % 4));
  tx_.put(words);
}

std::vector<std::int16_t> Netfront::reap() {
  std::vector<std::int16_t> statuses;
  do {
    if (tx_.responses() > sent_.size()) {
      complain("more answers than requests");
      return statuses;
    }
    while (tx_.responses() > 0) {
      const std::uint32_t response = tx_.take()[0];
      const auto status = static_cast<std::int16_t>(high(response));
      const std::optional<std::uint16_t> asked = sent_.front();
      sent_.pop_front();
      if (!asked) {
        if (status != 1) complain("an extra-info was answered as if it were a request");
        continue;
      }
      if (low(response) != *asked) complain("an answer to a request that was not in its slot");
      if (status != 0 && status != -1) complain("an answer that is neither OKAY nor ERROR");
      free_tx_.push_back(*asked);
      statuses.push_back(status);
    }
  } while (tx_.rearm());
  return statuses;
}

bool Netfront::post(std::uint32_t count) {
  for (; count > 0 && rx_.free_slots() > 0 && !free_rx_.empty(); --count) {
    const std::size_t page = free_rx_.front();
    free_rx_.pop_front();
    posted_.push_back(page);
    // netfront's id is the slot's number.
    rx_.put(std::array{rx_.produced() % FrontRing::kSlots, rx_memory_.ref_of(page)});
  }
  return rx_.push();
}

std::size_t Netfront::take_rx_page() {
  const std::size_t page = posted_.front();
  posted_.pop_front();
  free_rx_.push_back(page);
  return page;
}

void Netfront::receive_slot(ReceivedFrame& frame, const std::vector<std::uint32_t>& response) {
  const std::uint32_t slot = (rx_.consumed() - 1) % FrontRing::kSlots;
  if (low(response[0]) != slot) complain("a received slot with another slot's id");
  const std::size_t offset = high(response[0]);
  const auto status = static_cast<std::int16_t>(high(response[1]));
  const GuestMemory::Page& page = rx_memory_.page(take_rx_page());
  ++frame.slots;
  if (status < 0) {
    frame.failed = true;
    return;
  }
  const auto size = static_cast<std::size_t>(status);
  if (size == 0 || offset + size > page.size()) {
    complain("a received slot of no or too much data");
    return;
  }
  const auto begin = page.begin() + static_cast<std::ptrdiff_t>(offset);
  frame.bytes.insert(frame.bytes.end(), begin, begin + status);
}

std::vector<ReceivedFrame> Netfront::receive() {
  std::vector<ReceivedFrame> frames;
  do {
    if (rx_.responses() > posted_.size()) {
      complain("more frames than posted pages");
      return frames;
    }
    while (rx_.responses() > 0) {
      ReceivedFrame& frame = frames.emplace_back();
      auto response = rx_.take();
      unsigned flags = low(response[1]);
      frame.csum_blank = (flags & kRxBlank) != 0;
      frame.data_validated = (flags & kRxValidated) != 0;
      receive_slot(frame, response);
      if ((flags & kRxExtra) != 0 && rx_.responses() > 0) {
        const auto extra = rx_.take();
        take_rx_page();
        ++frame.slots;
        if (low(extra[0]) != kGsoExtra) complain("an extra-info other than one GSO");
        frame.gso = {.type = static_cast<std::uint8_t>(extra[1]), .size = high(extra[0])};
        if (extra[1] >> 8 != 0) complain("a GSO extra-info with more than type and size");
      }
      while ((flags & kRxMore) != 0) {
        if (rx_.responses() == 0) {
          complain("a frame that is cut off");
          break;
        }
        response = rx_.take();
        flags = low(response[1]);
        if ((flags & ~kRxMore) != 0) complain("flags behind a frame's first slot");
        receive_slot(frame, response);
      }
    }
  } while (rx_.rearm());
  return frames;
}

}  // namespace sallyport::testing
