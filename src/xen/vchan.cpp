#include "xen/vchan.h"

extern "C" {
#include <libxenvchan.h>
}

#include <atomic>
#include <cerrno>

#include "base/check.h"

namespace sallyport::xen {
namespace {

// libxenvchan_is_open()
constexpr int kGone = 0;
constexpr int kConnected = 1;
// vchan_interface::cli_live and srv_live
constexpr std::uint8_t kNobody = 0;
constexpr std::uint8_t kAlive = 1;
constexpr std::uint8_t kAwaited = 2;

}  // namespace

void Vchan::Close::operator()(libxenvchan* vchan) const {
  libxenvchan_close(vchan);
}

Vchan::Vchan(libxenvchan* vchan) : vchan_(vchan) {
  vchan_->blocking = 0;
}

Result<Vchan> Vchan::listen(netback::DomainId peer, const std::string& path) {
  libxenvchan* const vchan =
      libxenvchan_server_init(nullptr, peer.value(), path.c_str(), kReadRing, kWriteRing);
  if (vchan == nullptr) {
    const bool full = errno == ENOSPC;
    return system_error("cannot open a vchan for domain " + std::to_string(peer.value()) +
                        (full ? " (is the limit of xen-gntalloc reached?)" : ""));
  }
  return Vchan(vchan);
}

Result<Vchan> Vchan::connect(netback::DomainId peer, const std::string& path) {
  libxenvchan* const vchan = libxenvchan_client_init(nullptr, peer.value(), path.c_str());
  if (vchan == nullptr)
    return system_error("cannot connect to the vchan of domain " + std::to_string(peer.value()));
  return Vchan(vchan);
}

void Vchan::hang_up() {
  std::atomic_ref(vchan_->ring->srv_live).store(kNobody);
  xenevtchn_notify(vchan_->event, vchan_->event_port);
}

void Vchan::listen_again() {
  vchan_interface& shared = *vchan_->ring;
  for (ring_shared* const ring : {&shared.left, &shared.right}) {
    std::atomic_ref(ring->cons).store(0);
    std::atomic_ref(ring->prod).store(0);
  }
  std::atomic_ref(shared.cli_notify).store(VCHAN_NOTIFY_WRITE);
  std::atomic_ref(shared.srv_notify).store(VCHAN_NOTIFY_WRITE);
  std::atomic_ref(shared.cli_live).store(kAwaited);
  std::atomic_ref(shared.srv_live).store(kAlive);
}

int Vchan::fd() const {
  return libxenvchan_fd_for_select(vchan_.get());
}

void Vchan::take_event() {
  libxenvchan_wait(vchan_.get());
}

bool Vchan::is_open() const {
  return libxenvchan_is_open(vchan_.get()) != kGone;
}

bool Vchan::is_connected() const {
  return libxenvchan_is_open(vchan_.get()) == kConnected;
}

std::size_t Vchan::read(base::MutableBytes space) {
  // Also asks for the notification when it finds nothing.
  const int ready = libxenvchan_data_ready(vchan_.get());
  if (ready <= 0) return 0;
  const int count = libxenvchan_read(vchan_.get(), space.data(), space.size());
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t Vchan::room() const {
  const int room = libxenvchan_buffer_space(vchan_.get());
  return room > 0 ? static_cast<std::size_t>(room) : 0;
}

void Vchan::write(base::Bytes bytes) {
  CHECK(bytes.size() <= kWriteRing);
  // All or nothing; the peer that vanished meanwhile gets nothing.
  libxenvchan_send(vchan_.get(), bytes.data(), bytes.size());
}

std::string vchan_path(netback::DomainId client) {
  return "data/sallyport/" + std::to_string(client.value());
}

}  // namespace sallyport::xen
