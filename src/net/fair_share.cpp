#include "net/fair_share.h"

#include "base/check.h"

namespace sallyport::net {

FairShare::FairShare(std::uint64_t capacity, std::uint64_t reserve, std::uint64_t members)
    : reserve_(reserve), shared_(capacity - reserve * members) {
  CHECK(capacity >= reserve * members);
}

bool FairShare::take(Member& member, std::uint64_t amount) {
  const std::uint64_t more = beyond_reserve(member.held + amount) - beyond_reserve(member.held);
  if (more > shared_ - shared_held_) return false;
  shared_held_ += more;
  total_held_ += amount;
  member.held += amount;
  return true;
}

void FairShare::give_back(Member& member, std::uint64_t amount) {
  CHECK(amount <= member.held);
  shared_held_ -= beyond_reserve(member.held) - beyond_reserve(member.held - amount);
  total_held_ -= amount;
  member.held -= amount;
}

std::uint64_t FairShare::beyond_reserve(std::uint64_t held) const {
  return held > reserve_ ? held - reserve_ : 0;
}

}  // namespace sallyport::net
