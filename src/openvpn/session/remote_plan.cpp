#include "openvpn/session/remote_plan.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/back_off.h"
#include "base/check.h"

namespace sallyport::openvpn {
namespace {

constexpr unsigned kRoundsAtFullSpeed = 5;

bool family_fits(AddressFamily family, const base::IpAddress& address) {
  switch (family) {
    case AddressFamily::kAny:
      return true;
    case AddressFamily::kIpv4:
      return address.is_v4();
    case AddressFamily::kIpv6:
      return !address.is_v4();
  }
  CHECK(false);
}

}  // namespace

RemotePlan::RemotePlan(const Profile& profile, base::Rng& rng)
    : profile_(&profile), order_(profile.remotes.size()), worked_(profile.remotes.size()) {
  CHECK(!order_.empty());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (!profile.remote_random) return;
  for (std::size_t left = order_.size(); left > 1; --left) {
    std::swap(order_[left - 1], order_[base::random_below(rng, static_cast<std::uint32_t>(left))]);
  }
}

std::optional<base::IpAddress> RemotePlan::address() const {
  if (address_ >= addresses_.size()) return std::nullopt;
  return addresses_[address_];
}

bool RemotePlan::set_addresses(const std::vector<base::IpAddress>& addresses) {
  addresses_.clear();
  address_ = 0;
  for (const base::IpAddress& address : addresses) {
    const bool known = std::ranges::find(addresses_, address) != addresses_.end();
    if (!known && family_fits(remote().proxy ? AddressFamily::kAny : remote().family, address))
      addresses_.push_back(address);
  }
  if (addresses_.empty() && worked_[order_[position_]])
    addresses_.push_back(*worked_[order_[position_]]);
  return !addresses_.empty();
}

void RemotePlan::succeeded() {
  worked_[order_[position_]] = address();
  begin_again();
}

void RemotePlan::advance(Step step) {
  if (step == Step::kStay) return;
  if (step == Step::kNextAddress && address_ + 1 < addresses_.size()) {
    ++address_;
    return;
  }
  const std::string& host = remote().host;
  next_remote();
  for (std::size_t passed = 1;
       step == Step::kNextServer && remote().host == host && passed < order_.size(); ++passed)
    next_remote();
}

void RemotePlan::next_remote() {
  addresses_.clear();
  address_ = 0;
  if (++position_ < order_.size()) return;
  position_ = 0;
  ++rounds_;
  if (rounds_ % std::max(profile_->reconnect.rounds.value_or(1), 1u) == 0) ++turns_;
}

std::size_t RemotePlan::servers() const {
  std::set<std::string_view> hosts;
  for (const Remote& remote : profile_->remotes) hosts.insert(remote.host);
  return hosts.size();
}

base::Duration RemotePlan::pause() const {
  const unsigned slower = std::max(rounds_, kRoundsAtFullSpeed) - kRoundsAtFullSpeed;
  return base::doubled(profile_->reconnect.initial, slower, profile_->reconnect.maximum);
}

}  // namespace sallyport::openvpn
