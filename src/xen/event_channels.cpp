#include "xen/event_channels.h"

extern "C" {
#include <xenevtchn.h>
}
#include <fcntl.h>

namespace sallyport::xen {

void EventChannels::Bound::Unbind::operator()(xenevtchn_handle* handle) const {
  xenevtchn_unbind(handle, port.value());
}

void EventChannels::Bound::notify() const {
  xenevtchn_notify(handle_.get(), port_.value());
}

void EventChannels::Close::operator()(xenevtchn_handle* handle) const {
  xenevtchn_close(handle);
}

Result<EventChannels> EventChannels::open() {
  xenevtchn_handle* const handle = xenevtchn_open(nullptr, 0);
  if (handle == nullptr)
    return system_error("cannot open /dev/xen/evtchn (is the module xen-evtchn loaded?)");
  const int fd = xenevtchn_fd(handle);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return EventChannels(handle);
}

Result<EventChannels::Bound> EventChannels::bind(netback::DomainId domain,
                                                 netback::EventPort port) {
  const auto local = xenevtchn_bind_interdomain(handle_.get(), domain.value(), port.value());
  if (local < 0) return system_error("cannot bind an event channel");
  return Bound(handle_.get(), LocalPort(static_cast<std::uint32_t>(local)));
}

int EventChannels::fd() const {
  return xenevtchn_fd(handle_.get());
}

std::optional<LocalPort> EventChannels::next_fired() {
  const auto port = xenevtchn_pending(handle_.get());
  if (port < 0) return std::nullopt;
  return LocalPort(static_cast<std::uint32_t>(port));
}

void EventChannels::unmask(LocalPort port) {
  xenevtchn_unmask(handle_.get(), port.value());
}

}  // namespace sallyport::xen
