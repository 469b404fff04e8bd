#include "net/reassembly.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::net {
namespace {

// What a datagram and a fragment cost beside their bytes.
constexpr std::uint64_t kDatagramOverhead = 256;
constexpr std::uint64_t kFragmentOverhead = 64;

}  // namespace

Reassembly::Reassembly(const Limits& limits)
    : max_owners_(limits.owners),
      share_(limits.owners * limits.reserve + limits.shared, limits.reserve, limits.owners) {}

std::expected<std::optional<Packet>, ReassemblyDrop> Reassembly::add(FragmentOwner owner,
                                                                     const Packet& fragment,
                                                                     base::Instant now) {
  CHECK(fragment.is_fragment());
  const auto known = owners_.find(owner);
  if (known == owners_.end() && owners_.size() == max_owners_) {
    return std::unexpected(ReassemblyDrop::kNoRoom);
  }
  const auto entry = known != owners_.end() ? known : owners_.try_emplace(owner).first;
  auto result = add(entry->second, fragment, now);
  if (entry->second.datagrams.empty()) owners_.erase(entry);
  return result;
}

std::expected<std::optional<Packet>, ReassemblyDrop> Reassembly::add(Owner& owner,
                                                                     const Packet& fragment,
                                                                     base::Instant now) {
  expire(owner, now);
  PartialDatagram* datagram = find(owner, fragment);
  if (datagram == nullptr) datagram = open(owner, fragment, now);
  if (datagram == nullptr) return std::unexpected(ReassemblyDrop::kNoRoom);
  if (const auto problem = datagram->judge(fragment)) {
    if (*problem != ReassemblyDrop::kDuplicate) drop(owner, *datagram);
    return std::unexpected(*problem);
  }
  if (!charge(owner, *datagram, fragment.bytes.size() + kFragmentOverhead)) {
    drop(owner, *datagram);
    return std::unexpected(ReassemblyDrop::kNoRoom);
  }
  datagram->add(fragment);
  if (!datagram->is_complete()) return std::nullopt;
  return finish(owner, *datagram);
}

PartialDatagram* Reassembly::find(Owner& owner, const Packet& fragment) {
  const auto found = std::ranges::find_if(owner.datagrams, [&](const PartialDatagram& datagram) {
    return datagram.includes(fragment);
  });
  return found == owner.datagrams.end() ? nullptr : &*found;
}

PartialDatagram* Reassembly::open(Owner& owner, const Packet& fragment, base::Instant now) {
  if (owner.datagrams.size() == kMaxDatagrams)
    give_up(owner, least_missed(owner, fragment.source), abandoned_.evicted);
  PartialDatagram& datagram = owner.datagrams.emplace_back(fragment, now + kTimeout);
  if (charge(owner, datagram, kDatagramOverhead)) return &datagram;
  owner.datagrams.pop_back();
  return nullptr;
}

bool Reassembly::charge(Owner& owner, PartialDatagram& datagram, std::uint64_t bytes) {
  while (!share_.take(owner.held, bytes)) {
    const Position least = least_missed(owner, datagram.source());
    if (&*least == &datagram) return false;
    give_up(owner, least, abandoned_.evicted);
  }
  datagram.charged += bytes;
  return true;
}

void Reassembly::drop(Owner& owner, PartialDatagram& datagram) {
  const std::uint64_t kept = std::min(datagram.charged, kDatagramOverhead);
  share_.give_back(owner.held, datagram.charged - kept);
  datagram.charged = kept;
  datagram.drop();
}

Reassembly::Position Reassembly::least_missed(Owner& owner, const IpAddress& source) {
  const auto is_its = [&](const PartialDatagram& each) { return each.source() == source; };
  const auto its = std::ranges::count_if(owner.datagrams, is_its);
  return its < static_cast<std::ptrdiff_t>(kSourceShare)
             ? owner.datagrams.begin()
             : std::ranges::find_if(owner.datagrams, is_its);
}

void Reassembly::give_up(Owner& owner, Position at, std::uint64_t& reason) {
  if (!at->is_dropped()) ++reason;
  share_.give_back(owner.held, at->charged);
  owner.datagrams.erase(at);
}

std::expected<std::optional<Packet>, ReassemblyDrop> Reassembly::finish(Owner& owner,
                                                                        PartialDatagram& datagram) {
  auto assembled = datagram.assemble();
  share_.give_back(owner.held, datagram.charged);
  std::erase_if(owner.datagrams, [&](const PartialDatagram& each) { return &each == &datagram; });
  if (!assembled) return std::unexpected(ReassemblyDrop::kTooLong);
  assembled_ = std::move(*assembled);
  auto packet = parse_packet(assembled_);
  // It is no fragment again: the first fragment had all headers (RFC 7112), and only one of this
  // kind.
  if (!packet) return std::unexpected(ReassemblyDrop::kMalformed);
  packet->dont_fragment = false;
  return *packet;
}

void Reassembly::remove_owner(FragmentOwner owner) {
  const auto found = owners_.find(owner);
  if (found == owners_.end()) return;
  for (const PartialDatagram& datagram : found->second.datagrams) {
    share_.give_back(found->second.held, datagram.charged);
  }
  owners_.erase(found);
}

void Reassembly::expire(Owner& owner, base::Instant now) {
  while (!owner.datagrams.empty() && owner.datagrams.front().deadline() <= now) {
    give_up(owner, owner.datagrams.begin(), abandoned_.timed_out);
  }
}

void Reassembly::expire(base::Instant now) {
  for (auto entry = owners_.begin(); entry != owners_.end();) {
    expire(entry->second, now);
    entry = entry->second.datagrams.empty() ? owners_.erase(entry) : std::next(entry);
  }
}

std::optional<base::Instant> Reassembly::next_deadline() const {
  std::optional<base::Instant> next;
  for (const auto& [id, owner] : owners_) {
    const base::Instant deadline = owner.datagrams.front().deadline();
    if (!next || deadline < *next) next = deadline;
  }
  return next;
}

}  // namespace sallyport::net
