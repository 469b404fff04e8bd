// Which server to try next: the profile's remotes in order (or shuffled), each with the addresses
// its name has, round after round, with a pause that grows (docs/protocol.md, "Timers").
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "base/rng.h"
#include "base/time.h"
#include "openvpn/profile/profile.h"

namespace sallyport::openvpn {

class RemotePlan {
 public:
  // `profile` outlives the plan and has at least one remote.
  RemotePlan(const Profile& profile, base::Rng& rng);

  const Remote& remote() const { return profile_->remotes[order_[position_]]; }
  // The address to try; empty until the remote's addresses are known.
  std::optional<base::IpAddress> address() const;
  // What the name resolved to, in order of preference; only those of the family that the remote
  // wants are kept. An empty list leaves the address that last worked for this remote, if there is
  // one. False: no address at all.
  bool set_addresses(const std::vector<base::IpAddress>& addresses);

  // This address led to a tunnel: it is the first to try when that ends.
  void succeeded();

  enum class Step { kStay, kNextAddress, kNextRemote, kNextServer };
  // Moves on after a failure. kNextAddress goes to the next remote when the addresses are used up;
  // kNextServer passes over the remotes of the same host.
  void advance(Step step);
  // How many hosts the remotes name; at least 1.
  std::size_t servers() const;
  // There was a tunnel, here or elsewhere: what failed before does not count.
  void begin_again() { rounds_ = 0; }
  // How often this profile's turn has ended: after connect-retry-max rounds over all remotes
  // without a tunnel, or one where the profile does not say. Where others end then, a gateway goes
  // on: it is the next profile's turn.
  unsigned turns() const { return turns_; }

  // The pause before the next attempt: connect-retry, doubling from the sixth round on, up to its
  // maximum.
  base::Duration pause() const;

 private:
  void next_remote();

  const Profile* profile_;
  std::vector<std::size_t> order_;
  std::size_t position_ = 0;
  std::vector<base::IpAddress> addresses_;
  std::size_t address_ = 0;
  unsigned rounds_ = 0;  // over the whole list without a tunnel
  unsigned turns_ = 0;
  std::vector<std::optional<base::IpAddress>> worked_;  // by index of remote
};

}  // namespace sallyport::openvpn
