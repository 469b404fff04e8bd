#include "fake_xen.h"

extern "C" {
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
}
#include <xen/grant_table.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace sallyport::testing {
namespace {

FakeXen* the_one = nullptr;

FakeXen& xen() {
  CHECK(the_one != nullptr);
  return *the_one;
}

// Handles are never looked into.
template <class Handle>
Handle* handle() {
  static char something;
  return reinterpret_cast<Handle*>(&something);
}

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

// One block of memory, as the library has it: pointers, then what they point to.
char** block_of(const std::vector<std::string>& texts) {
  std::size_t size = texts.size() * sizeof(char*);
  for (const std::string& text : texts) size += text.size() + 1;
  auto* const block = static_cast<char**>(std::malloc(std::max<std::size_t>(size, 1)));
  char* at = reinterpret_cast<char*>(block + texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    block[i] = at;
    std::memcpy(at, texts[i].c_str(), texts[i].size() + 1);
    at += texts[i].size() + 1;
  }
  return block;
}

}  // namespace

FakeGuest::FakeGuest(netback::DomainId id, std::size_t queues, Channels channels)
    : id_(id), channels_(channels) {
  for (std::size_t i = 0; i < queues; ++i) fronts_.push_back(std::make_unique<Netfront>());
}

std::uint32_t FakeGuest::tx_ring(std::size_t queue) const {
  return static_cast<std::uint32_t>(10 + 2 * queue);
}
std::uint32_t FakeGuest::rx_ring(std::size_t queue) const {
  return tx_ring(queue) + 1;
}
std::uint32_t FakeGuest::tx_port(std::size_t queue) const {
  return static_cast<std::uint32_t>(50 + 2 * queue);
}
std::uint32_t FakeGuest::rx_port(std::size_t queue) const {
  return tx_port(queue) + (channels_ == Channels::kSplit ? 1 : 0);
}

std::vector<std::uint32_t> FakeGuest::ports() const {
  std::vector<std::uint32_t> ports;
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    ports.push_back(tx_port(i));
    if (channels_ == Channels::kSplit) ports.push_back(rx_port(i));
  }
  return ports;
}

FakeXen::FakeXen() {
  CHECK(the_one == nullptr);
  the_one = this;
}

FakeXen::~FakeXen() {
  the_one = nullptr;
}

void FakeXen::wait(base::Duration duration) {
  now_ += duration;
  for (Storm& storm : storms_) {
    for (; storm.next <= now_ && storm.next < storm.end; storm.next += storm.period) {
      for (const std::uint32_t port : storm.ports) fire(port);
    }
  }
}

FakeGuest& FakeXen::add(netback::DomainId id, std::size_t queues, FakeGuest::Channels channels) {
  FakeGuest& guest = *guests_.emplace_back(std::make_unique<FakeGuest>(id, queues, channels));
  const std::string number = std::to_string(id.value());
  const std::string front = "/local/domain/" + number + "/device/vif/0";
  const std::string back = "backend/vif/" + number + "/0";
  for (std::size_t i = 0; i < queues; ++i) {
    const std::string queue = queues == 1 ? front : front + "/queue-" + std::to_string(i);
    write(queue + "/tx-ring-ref", std::to_string(guest.tx_ring(i)));
    write(queue + "/rx-ring-ref", std::to_string(guest.rx_ring(i)));
    const bool split = channels == FakeGuest::Channels::kSplit;
    write(queue + (split ? "/event-channel-tx" : "/event-channel"),
          std::to_string(guest.tx_port(i)));
    if (split) write(queue + "/event-channel-rx", std::to_string(guest.rx_port(i)));
  }
  write(front + "/multi-queue-num-queues", std::to_string(queues));
  write(front + "/request-rx-copy", "1");
  write(front + "/feature-rx-notify", "1");
  write(front + "/feature-sg", "1");
  write(front + "/state", "4");
  write(back + "/frontend", front);
  write(back + "/frontend-id", number);
  write(back + "/mac", "00:16:3e:5e:6c:00");
  write(back + "/ip", "10.137.0." + number);
  write(back + "/online", "1");
  write(back + "/state", "1");
  return guest;
}

void FakeXen::notify(const FakeGuest& guest, std::uint32_t port) {
  if (const auto local = port_of(guest, port)) fire(*local);
}

void FakeXen::storm(const FakeGuest& guest, base::Duration period, base::Instant end) {
  Storm storm{{}, period, now_, end};
  for (const std::uint32_t port : guest.ports())
    storm.ports.push_back(port_of(guest, port).value());
  storms_.push_back(std::move(storm));
}

void FakeXen::fire(std::uint32_t port) {
  const auto at = channels_.find(port);
  if (at == channels_.end()) return;
  Channel& channel = at->second;
  if (channel.masked) {
    channel.pending = true;
    return;
  }
  channel.masked = true;
  fired_.push_back(port);
}

std::optional<std::uint32_t> FakeXen::port_of(const FakeGuest& guest, std::uint32_t remote) const {
  for (const auto& [port, channel] : channels_) {
    if (channel.domain == guest.id() && channel.remote == remote) return port;
  }
  return std::nullopt;
}

bool FakeXen::is_masked(const FakeGuest& guest, std::uint32_t port) const {
  return channels_.at(port_of(guest, port).value()).masked;
}

std::optional<std::string> FakeXen::node(const std::string& path) const {
  const auto at = nodes_.find(path);
  return at == nodes_.end() ? std::nullopt : std::optional(at->second);
}

FakeGuest* FakeXen::find(std::uint32_t domain) {
  for (const auto& guest : guests_) {
    if (guest->id().value() == domain) return guest.get();
  }
  return nullptr;
}

void FakeXen::write(const std::string& path, const std::string& value) {
  nodes_[path] = value;
  for (const auto& [token, watched] : watches_) {
    if (is_below(path, watched)) changes_.emplace_back(path, token);
  }
}

struct FakeXen::Calls {
  static void* read(const char* path, unsigned* size) {
    xen().call();
    const auto value = xen().node(path);
    if (!value) {
      errno = ENOENT;
      return nullptr;
    }
    *size = static_cast<unsigned>(value->size());
    return ::strdup(value->c_str());
  }

  static char** list(const std::string& directory, unsigned* count) {
    xen().call();
    std::set<std::string> names;
    for (const auto& [path, value] : xen().nodes_) {
      if (!path.starts_with(directory + "/")) continue;
      const std::string rest = path.substr(directory.size() + 1);
      names.insert(rest.substr(0, rest.find('/')));
    }
    *count = static_cast<unsigned>(names.size());
    return block_of({names.begin(), names.end()});
  }

  static bool write(const char* path, const void* data, unsigned size) {
    xen().call();
    xen().write(path, std::string(static_cast<const char*>(data), size));
    return true;
  }

  static bool remove(const std::string& directory) {
    xen().call();
    std::erase_if(xen().nodes_, [&](const auto& node) { return is_below(node.first, directory); });
    return true;
  }

  static bool watch(const char* path, const char* token) {
    xen().watches_[token] = path;
    xen().changes_.emplace_back(path, token);
    return true;
  }

  static char** next_change() {
    xen().call();
    auto& changes = xen().changes_;
    if (changes.empty()) return nullptr;
    const auto [path, token] = changes.front();
    changes.pop_front();
    return block_of({path, token});
  }

  static int bind(std::uint32_t domain, std::uint32_t remote) {
    xen().call();
    const std::uint32_t port = xen().next_port_++;
    const netback::DomainId id(static_cast<std::uint16_t>(domain));
    xen().channels_.emplace(port, Channel{.domain = id, .remote = remote});
    return static_cast<int>(port);
  }

  static int unbind(std::uint32_t port) {
    xen().call();
    xen().channels_.erase(port);
    std::erase(xen().fired_, port);
    return 0;
  }

  static int pending() {
    xen().call();
    if (xen().fired_.empty()) {
      errno = EAGAIN;
      return -1;
    }
    const std::uint32_t port = xen().fired_.front();
    xen().fired_.pop_front();
    ++xen().taken_;
    return static_cast<int>(port);
  }

  static int unmask(std::uint32_t port) {
    xen().call();
    Channel& channel = xen().channels_.at(port);
    channel.masked = false;
    if (std::exchange(channel.pending, false)) xen().fire(port);
    return 0;
  }

  static void* map(std::uint32_t domain, std::uint32_t ref) {
    xen().call();
    FakeGuest* const guest = xen().find(domain);
    for (std::size_t i = 0; guest != nullptr && i < guest->queues(); ++i) {
      if (ref == guest->tx_ring(i)) return guest->front(i).tx().page().data();
      if (ref == guest->rx_ring(i)) return guest->front(i).rx().page().data();
    }
    errno = EINVAL;
    return nullptr;
  }

  static int copy(std::span<xengnttab_grant_copy_segment_t> segments) {
    xen().call();
    for (auto& segment : segments)
      segment.status = copy(segment) ? GNTST_okay : GNTST_general_error;
    return 0;
  }

 private:
  static bool copy(const xengnttab_grant_copy_segment_t& segment) {
    const auto bytes = [&](void* memory) {
      return base::MutableBytes(static_cast<std::uint8_t*>(memory), segment.len);
    };
    if ((segment.flags & GNTCOPY_source_gref) != 0) {
      const auto& from = segment.source.foreign;
      FakeGuest* const guest = xen().find(from.domid);
      netback::CopyFromGuest one{.local = bytes(segment.dest.virt),
                                 .ref = netback::GrantRef(from.ref),
                                 .offset = from.offset};
      if (guest != nullptr) guest->front().tx_memory().run(std::span(&one, 1));
      return one.done;
    }
    const auto& to = segment.dest.foreign;
    FakeGuest* const guest = xen().find(to.domid);
    netback::CopyToGuest one{
        .local = bytes(segment.source.virt), .ref = netback::GrantRef(to.ref), .offset = to.offset};
    if (guest != nullptr) guest->front().rx_memory().run(std::span(&one, 1));
    return one.done;
  }
};

}  // namespace sallyport::testing

using sallyport::testing::FakeXen;
using Calls = FakeXen::Calls;
using sallyport::testing::handle;

extern "C" {

xs_handle* xs_open(unsigned long) {
  return handle<xs_handle>();
}
void xs_close(xs_handle*) {}
int xs_fileno(xs_handle*) {
  return -1;
}
void* xs_read(xs_handle*, xs_transaction_t, const char* path, unsigned* size) {
  return Calls::read(path, size);
}
char** xs_directory(xs_handle*, xs_transaction_t, const char* path, unsigned* count) {
  return Calls::list(path, count);
}
bool xs_write(xs_handle*, xs_transaction_t, const char* path, const void* data, unsigned size) {
  return Calls::write(path, data, size);
}
bool xs_rm(xs_handle*, xs_transaction_t, const char* path) {
  return Calls::remove(path);
}
xs_transaction_t xs_transaction_start(xs_handle*) {
  return 1;
}
bool xs_transaction_end(xs_handle*, xs_transaction_t, bool) {
  return true;
}
bool xs_watch(xs_handle*, const char* path, const char* token) {
  return Calls::watch(path, token);
}
bool xs_unwatch(xs_handle*, const char*, const char*) {
  return true;
}
char** xs_check_watch(xs_handle*) {
  return Calls::next_change();
}

xenevtchn_handle* xenevtchn_open(xentoollog_logger*, unsigned) {
  return handle<xenevtchn_handle>();
}
int xenevtchn_close(xenevtchn_handle*) {
  return 0;
}
int xenevtchn_fd(xenevtchn_handle*) {
  return -1;
}
int xenevtchn_notify(xenevtchn_handle*, evtchn_port_t) {
  return 0;
}
xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle*, uint32_t domain,
                                                     evtchn_port_t remote) {
  return Calls::bind(domain, remote);
}
int xenevtchn_unbind(xenevtchn_handle*, evtchn_port_t port) {
  return Calls::unbind(port);
}
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle*) {
  return Calls::pending();
}
int xenevtchn_unmask(xenevtchn_handle*, evtchn_port_t port) {
  return Calls::unmask(port);
}

xengnttab_handle* xengnttab_open(xentoollog_logger*, unsigned) {
  return handle<xengnttab_handle>();
}
int xengnttab_close(xengnttab_handle*) {
  return 0;
}
void* xengnttab_map_grant_ref(xengnttab_handle*, uint32_t domain, uint32_t ref, int) {
  return Calls::map(domain, ref);
}
int xengnttab_unmap(xengnttab_handle*, void*, uint32_t) {
  return 0;
}
int xengnttab_grant_copy(xengnttab_handle*, uint32_t count,
                         xengnttab_grant_copy_segment_t* segments) {
  return Calls::copy({segments, count});
}

}  // extern "C"
