#include "netback/vif_lifecycle.h"

#include "base/check.h"

namespace sallyport::netback {

void VifLifecycle::handle_seen(const VifSeen& seen) {
  CHECK(link_ != Link::kConnecting);
  seen_ = seen;
  if (!seen.exists) return;
  if (seen.online) remove_at_.reset();
  own_ = seen.backend;
  if (own_ == XenbusState::kInitialising) {
    // dom0 made it anew: nothing that was holds any more.
    features_offered_ = closing_ = shut_ = false;
    restarts_ = {};
  }
  check_consistency();
}

VifLifecycle::Goal VifLifecycle::goal() const {
  if (!seen_.online || shut_ || closing_) return Goal::kClosed;
  const bool ended = own_ == XenbusState::kClosing || own_ == XenbusState::kClosed;
  switch (seen_.frontend) {
    case XenbusState::kInitialising:
      return Goal::kInitWait;
    case XenbusState::kInitialised:
    case XenbusState::kConnected:
      // After an end there is a beginning first.
      return ended ? Goal::kClosed : Goal::kConnected;
    case XenbusState::kClosing:
      return own_ == XenbusState::kClosed ? Goal::kClosed : Goal::kClosing;
    case XenbusState::kClosed:
    case XenbusState::kUnknown:
      return Goal::kClosed;
    case XenbusState::kInitWait:
    case XenbusState::kReconfiguring:
    case XenbusState::kReconfigured:
      return ended ? Goal::kClosed : Goal::kStay;
  }
  CHECK(false);
}

std::optional<VifStep> VifLifecycle::poll(base::Instant now) {
  CHECK(link_ != Link::kConnecting);
  restart_at_.reset();
  if (forgotten_) return std::nullopt;
  const Goal wanted = seen_.exists ? goal() : Goal::kClosed;
  if (link_ == Link::kUp && !keeps_link(wanted)) {
    link_ = Link::kDown;
    return VifStep{VifAction::kDisconnect};
  }
  if (!seen_.exists) {
    forgotten_ = true;
    return VifStep{VifAction::kForget};
  }
  const auto step = towards(wanted, now);
  check_consistency();
  return step;
}

bool VifLifecycle::keeps_link(Goal goal) const {
  const bool ours = own_ == XenbusState::kInitWait || own_ == XenbusState::kConnected;
  return ours && (goal == Goal::kConnected || goal == Goal::kStay);
}

std::optional<VifStep> VifLifecycle::towards(Goal goal, base::Instant now) {
  switch (goal) {
    case Goal::kStay:
      return std::nullopt;
    case Goal::kInitWait:
      if (own_ == XenbusState::kInitWait && features_offered_) return std::nullopt;
      return start_over(now);
    case Goal::kConnected:
      return connect(now);
    case Goal::kClosing:
      if (own_ == XenbusState::kClosing) return std::nullopt;
      return write_state(XenbusState::kClosing);
    case Goal::kClosed:
      if (own_ != XenbusState::kClosed) return write_state(XenbusState::kClosed);
      return leave(now);
  }
  CHECK(false);
}

std::optional<VifStep> VifLifecycle::connect(base::Instant now) {
  if (own_ != XenbusState::kInitWait && own_ != XenbusState::kConnected) return start_over(now);
  if (link_ == Link::kDown) {
    link_ = Link::kConnecting;
    return VifStep{VifAction::kConnect};
  }
  if (own_ == XenbusState::kConnected) return std::nullopt;
  return write_state(XenbusState::kConnected);
}

std::optional<VifStep> VifLifecycle::start_over(base::Instant now) {
  if (now < restarts_.earliest()) {
    restart_at_ = restarts_.earliest();
    return std::nullopt;
  }
  if (!features_offered_) {
    features_offered_ = true;
    return VifStep{VifAction::kOfferFeatures};
  }
  restarts_.pay(now);
  return write_state(XenbusState::kInitWait);
}

std::optional<VifStep> VifLifecycle::leave(base::Instant now) {
  if (seen_.online) return std::nullopt;
  if (!remove_at_) remove_at_ = now + kRemovalDelay;
  if (now < *remove_at_) return std::nullopt;
  seen_.exists = false;
  return VifStep{VifAction::kRemoveDirectory};
}

VifStep VifLifecycle::write_state(XenbusState state) {
  own_ = state;
  if (state == XenbusState::kClosed) closing_ = false;
  return {VifAction::kWriteState, state};
}

std::optional<base::Instant> VifLifecycle::next_deadline() const {
  if (!seen_.exists) return std::nullopt;
  if (restart_at_) return restart_at_;
  return remove_at_;
}

void VifLifecycle::connected() {
  CHECK(link_ == Link::kConnecting);
  link_ = Link::kUp;
}

void VifLifecycle::connect_failed() {
  CHECK(link_ == Link::kConnecting);
  link_ = Link::kDown;
  closing_ = true;
}

void VifLifecycle::shut() {
  CHECK(link_ != Link::kConnecting);
  shut_ = true;
}

void VifLifecycle::check_consistency() const {
  CHECK(!forgotten_ || link_ == Link::kDown);
  // Once a step was taken to be closed, there is no ring left.
  CHECK(link_ == Link::kDown || !remove_at_);
}

}  // namespace sallyport::netback
