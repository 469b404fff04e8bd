// Which password is compared next. Clients that are in come first, so that nobody loses a tunnel
// over who knocks; newcomers take turns by where they come from, so that whoever guesses many
// passwords waits for himself.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "openvpn/server/password_check.h"

namespace sallyport::openvpn {

class PasswordQueue {
 public:
  // Of newcomers: as many as may be on their way in, and a quarter of that from one place.
  static constexpr std::size_t kMostWaiting = 1024;
  static constexpr std::size_t kMostOfOnePlace = 256;

  // False, and `check` as it was: too many newcomers wait. A client that is in is never turned
  // away; its newest check takes the place of one that still waits.
  [[nodiscard]] bool add(PasswordCheck& check);
  std::optional<PasswordCheck> next();
  bool empty() const { return rekeys_.empty() && waiting_ == 0; }

 private:
  std::deque<PasswordCheck> rekeys_;                                // one of a client
  std::map<base::IpAddress, std::deque<PasswordCheck>> newcomers_;  // by place, none empty
  std::deque<base::IpAddress> turns_;                               // the places, next one first
  std::size_t waiting_ = 0;                                         // newcomers
};

}  // namespace sallyport::openvpn
