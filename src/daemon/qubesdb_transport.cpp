#include "daemon/qubesdb_transport.h"

#include <algorithm>
#include <utility>

#include "io/local_stream.h"
#include "xen/vchan.h"
#include "xen/xenstore.h"

namespace sallyport::daemon {
namespace {

using Opened = std::expected<std::unique_ptr<QubesDbTransport>, std::string>;

class SocketTransport : public QubesDbTransport {
 public:
  explicit SocketTransport(io::LocalStream stream) : stream_(std::move(stream)) {}

  int fd() const override { return stream_.fd(); }
  void take_event() override {}
  std::optional<std::size_t> read(base::MutableBytes space) override { return stream_.read(space); }
  bool send(base::Bytes bytes) override { return stream_.send(bytes); }
  bool has_unsent() const override { return stream_.has_unsent(); }
  bool flush() override { return stream_.flush(); }

 private:
  io::LocalStream stream_;
};

class VchanTransport : public QubesDbTransport {
 public:
  explicit VchanTransport(xen::Vchan vchan) : vchan_(std::move(vchan)) {}

  int fd() const override { return vchan_.fd(); }
  void take_event() override { vchan_.take_event(); }
  std::optional<std::size_t> read(base::MutableBytes space) override {
    const std::size_t count = vchan_.read(space);
    // What was written before the end counts.
    if (count == 0 && !vchan_.is_open()) return std::nullopt;
    return count;
  }
  bool send(base::Bytes bytes) override { return unsent_.add(bytes) && flush(); }
  bool has_unsent() const override { return !unsent_.empty(); }
  bool flush() override {
    const base::Bytes waiting = unsent_.waiting();
    const std::size_t count = std::min(waiting.size(), vchan_.room());
    if (count != 0) vchan_.write(waiting.first(count));
    unsent_.sent(count);
    return vchan_.is_open();
  }

 private:
  // Ten times the ring that dom0 makes.
  static constexpr std::size_t kMaxUnsent = 40 * 1024;

  xen::Vchan vchan_;
  io::SendQueue unsent_{kMaxUnsent};
};

Opened open_socket(const QubesDbSocket& socket) {
  std::string problem;
  for (const std::string& path : socket.paths) {
    auto stream = io::LocalStream::connect(path);
    if (stream) return std::make_unique<SocketTransport>(std::move(*stream));
    problem = stream.error().text;
  }
  return std::unexpected(problem);
}

// dom0 serves each VM on the same port, below the directory that core-vchan-xen gives to the two.
Opened open_vchan() {
  constexpr netback::DomainId kDom0(0);
  constexpr const char* kPort = "111";
  auto store = xen::Xenstore::open();
  if (!store) return std::unexpected(store.error().text);
  const auto own = store->own_domain();
  if (!own) return std::unexpected(own.error().text);
  auto vchan = xen::Vchan::connect(
      kDom0, "/local/domain/0/data/vchan/" + std::to_string(own->value()) + "/" + kPort);
  if (!vchan) return std::unexpected(vchan.error().text);
  return std::make_unique<VchanTransport>(std::move(*vchan));
}

}  // namespace

Opened QubesDbTransport::open(const QubesDbSource& source) {
  if (const auto* const socket = std::get_if<QubesDbSocket>(&source)) return open_socket(*socket);
  return open_vchan();
}

}  // namespace sallyport::daemon
