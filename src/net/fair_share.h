// Divides a bounded resource among members so that none can starve another: each has a reserve that
// is always there for it, and what is not reserved goes to whoever asks first.
#pragma once

#include <cstdint>

namespace sallyport::net {

class FairShare {
 public:
  // What one member holds. Owned by the member, changed only by take() and give_back().
  struct Member {
    std::uint64_t held = 0;
  };

  // `capacity` covers the reserves of as many `members` as there may ever be, attached or not: who
  // comes last must not depend on the others giving back.
  FairShare(std::uint64_t capacity, std::uint64_t reserve, std::uint64_t members);

  // False, with nothing taken, when it is neither within the member's reserve nor left over for
  // all.
  [[nodiscard]] bool take(Member& member, std::uint64_t amount);
  void give_back(Member& member, std::uint64_t amount);

  // Held by all members together.
  std::uint64_t total_held() const { return total_held_; }

 private:
  std::uint64_t beyond_reserve(std::uint64_t held) const;

  std::uint64_t reserve_;
  std::uint64_t shared_;
  std::uint64_t shared_held_ = 0;
  std::uint64_t total_held_ = 0;
};

}  // namespace sallyport::net
