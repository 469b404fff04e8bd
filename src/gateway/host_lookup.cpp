#include "gateway/host_lookup.h"

#include <algorithm>

namespace sallyport::gateway {
namespace {

net::Family family_of(net::DnsType type) {
  return type == net::DnsType::kA ? net::Family::kIpv4 : net::Family::kIpv6;
}

// When the question with that number among many is to be sent.
base::Instant turn(base::Instant first, std::size_t number) {
  return first + HostLookup::kPause * static_cast<base::Duration::rep>(number / HostLookup::kBurst);
}

}  // namespace

void HostLookup::want(base::Now now, const std::vector<net::DnsQuestion>& questions) {
  Entries kept;
  std::size_t fresh = 0;
  for (const net::DnsQuestion& question : questions) {
    if (kept.size() == kMaxQuestions) break;
    if (kept.contains(question)) continue;
    auto known = entries_.extract(question);
    if (known.empty()) {
      kept[question].ask_at = turn(now.mono, fresh++);
    } else {
      kept.insert(std::move(known));
    }
  }
  for (const auto& [question, entry] : entries_) {
    addresses_.forget(question.name, family_of(question.type));
  }
  entries_ = std::move(kept);
  find_next_deadline();
}

void HostLookup::start(base::Now now) {
  running_ = true;
  std::size_t number = 0;
  for (auto& [question, entry] : entries_) {
    entry.id.reset();
    entry.retry = kFirstRetry;
    entry.ask_at = turn(now.mono, number++);
    // What ran out while nobody could be asked counts until there was time for an answer.
    for (auto& [address, until] : entry.kept_until) until = std::max(until, now.mono + kLastRetry);
  }
  find_next_deadline();
}

void HostLookup::stop() {
  running_ = false;
  next_deadline_.reset();
}

std::optional<std::vector<std::uint8_t>> HostLookup::poll(base::Now now) {
  if (!next_deadline_ || *next_deadline_ > now.mono) return std::nullopt;
  for (auto& [question, entry] : entries_) {
    if (entry.ask_at > now.mono) continue;
    entry.id = base::random_value<std::uint16_t>(rng_);
    entry.ask_at = now.mono + entry.retry;
    entry.retry = std::min(2 * entry.retry, kLastRetry);
    find_next_deadline();
    return net::write_dns_query(*entry.id, question);
  }
  return std::nullopt;
}

bool HostLookup::handle_answer(base::Now now, base::Bytes message) {
  for (auto& [question, entry] : entries_) {
    if (!entry.id) continue;
    const auto answer = net::parse_dns_answer(message, *entry.id, question);
    if (answer) return learn(now, question, entry, *answer);
    // Refused: it is asked again when the retry is due, perhaps of another resolver.
    if (answer.error() == net::DnsError::kRefused) return false;
  }
  return false;
}

bool HostLookup::learn(base::Now now, const net::DnsQuestion& question, Entry& entry,
                       const net::DnsAnswer& answer) {
  entry.id.reset();
  entry.retry = kFirstRetry;
  entry.ask_at = now.mono + std::clamp(answer.time_to_live, kSoonest, kLatest);
  bool changed = addresses_.find(question.name, family_of(question.type)) == nullptr;
  for (const net::IpAddress& address : answer.addresses) {
    const bool added = entry.kept_until.insert_or_assign(address, now.mono + kKept).second;
    changed = changed || added;
    if (entry.kept_until.size() > kMaxAddresses) {
      entry.kept_until.erase(std::ranges::min_element(
          entry.kept_until, {}, [](const auto& kept) { return kept.second; }));
    }
  }
  if (changed) publish(question, entry);
  find_next_deadline();
  return changed;
}

void HostLookup::publish(const net::DnsQuestion& question, const Entry& entry) {
  net::HostAddresses::Addresses addresses;
  for (const auto& [address, until] : entry.kept_until) addresses.push_back(address);
  addresses_.set(question.name, family_of(question.type), std::move(addresses));
}

bool HostLookup::handle_timeout(base::Now now) {
  if (!next_deadline_ || *next_deadline_ > now.mono) return false;
  bool changed = false;
  for (auto& [question, entry] : entries_) {
    if (std::erase_if(entry.kept_until,
                      [&](const auto& kept) { return kept.second <= now.mono; }) == 0) {
      continue;
    }
    publish(question, entry);
    changed = true;
  }
  find_next_deadline();
  return changed;
}

// Without a tunnel nobody can be asked, so nothing runs out.
void HostLookup::find_next_deadline() {
  next_deadline_.reset();
  if (!running_ || entries_.empty()) return;
  base::Instant next = base::Instant::max();
  for (const auto& [question, entry] : entries_) {
    next = std::min(next, entry.ask_at);
    for (const auto& [address, until] : entry.kept_until) next = std::min(next, until);
  }
  next_deadline_ = next;
}

}  // namespace sallyport::gateway
