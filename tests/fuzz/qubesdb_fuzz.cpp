// Both sessions, and whatever a daemon or dom0 may say to them, over a stream that is cut anywhere:
// the same is understood as without cuts, nothing is said but what the protocol allows, and rules
// are never taken away.
#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "fuzz_input.h"
#include "qubes/path.h"
#include "qubes/socket_session.h"
#include "qubes/vchan_session.h"

namespace sallyport::qubes {
namespace {

constexpr base::Now kNow{base::Instant(std::chrono::seconds(1000)), {}};

constexpr std::array<std::string_view, 24> kPaths{"",
                                                  "/",
                                                  "/qubes-firewall/",
                                                  "/qubes-firewall/10.137.0.5",
                                                  "/qubes-firewall/10.137.0.5/",
                                                  "/qubes-firewall/10.137.0.5/policy",
                                                  "/qubes-firewall/10.137.0.5/0000",
                                                  "/qubes-firewall/10.137.0.5/0007",
                                                  "/qubes-firewall/10.137.0.5/x",
                                                  "/qubes-firewall/10.137.0.50",
                                                  "/qubes-firewall/10.137.0.50/policy",
                                                  "/qubes-firewall/fd09::5",
                                                  "/qubes-firewall/fd09::5/policy",
                                                  "/qubes-firewall/host",
                                                  "/connected-ips",
                                                  "/connected-ips6",
                                                  "/qubes-ip",
                                                  "/qubes-ip6",
                                                  "/qubes-netvm-network",
                                                  "/mapped-ip/10.137.0.5/visible-ip",
                                                  "/mapped-ip/",
                                                  "/vm-config/a",
                                                  "/vm-config/",
                                                  "/name"};

// What is to be the same, however the stream was cut.
struct Outcome {
  std::vector<Message> output;
  std::vector<Change> changes;
  std::vector<std::pair<base::IpAddress, CommittedRules>> firewalls;
  Addresses addresses;
  std::vector<base::IpAddress> connected_ips;
  std::uint64_t faults = 0;
  std::uint64_t ignored = 0;
  bool synchronised = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class Run {
 public:
  Run(bool vchan, std::size_t step, testing::FuzzInput input)
      : vchan_(vchan), step_(step), input_(std::move(input)) {
    if (vchan_) {
      session_ = std::make_unique<VchanSession>();
    } else {
      session_ = std::make_unique<SocketSession>();
    }
    connect();
  }

  Outcome finish() {
    while (!input_.done()) operation();
    for (const base::IpAddress& source : sources_)
      outcome_.firewalls.emplace_back(source, *session_->settings().firewall(source));
    outcome_.addresses = session_->settings().addresses();
    outcome_.connected_ips = session_->settings().connected_ips();
    outcome_.faults = session_->faults().total();
    outcome_.ignored = session_->settings().ignored().total();
    outcome_.synchronised = session_->synchronised();
    return std::move(outcome_);
  }

 private:
  enum Operation : std::uint8_t { kMessage, kAnswer, kEntry, kRaw, kReconnect, kTimeout, kCount };

  void operation() {
    switch (input_.below(kCount)) {
      case kMessage:
        return say({static_cast<MessageType>(input_.below(14)), path(), data()});
      case kAnswer:
        return answer();
      case kEntry:
        return say({MessageType::kRespMultiRead, path(), data()});
      case kRaw:
        return feed(input_.bytes(1 + input_.u8()));
      case kReconnect:
        session_->handle_disconnected();
        return connect();
      default:
        return time_passes();
    }
  }

  std::string path() { return std::string(kPaths[input_.below(kPaths.size())]); }
  std::string data() {
    const auto bytes = input_.bytes(input_.below(60));
    return std::string(base::text_of(bytes));
  }

  // As an honest daemon would, without entries.
  void answer() {
    if (request_.type == MessageType::kCmdWatch) return say({MessageType::kRespOk, {}, {}});
    if (request_.type == MessageType::kCmdMultiRead)
      return say({MessageType::kRespMultiRead, {}, {}});
    if ((input_.u8() & 1) == 0) return say({MessageType::kRespErrorNoEnt, request_.path, {}});
    say({MessageType::kRespRead, request_.path, data()});
  }

  void say(const Message& message) {
    std::vector<std::uint8_t> bytes;
    append_message(message, bytes);
    feed(bytes);
  }

  void feed(base::Bytes bytes) {
    if (bytes.empty()) return;
    std::expected<void, Fault> handled;
    while (!bytes.empty()) {
      const base::Bytes part = bytes.first(std::min(step_, bytes.size()));
      bytes = bytes.subspan(part.size());
      handled = session_->handle_bytes(kNow, part);
    }
    after(handled);
  }

  void time_passes() {
    const auto deadline = session_->next_deadline();
    if (deadline) after(session_->handle_timeout({*deadline, {}}));
  }

  void connect() {
    session_->handle_connected(kNow);
    CHECK(!session_->synchronised());
    broken_ = false;
    after({});
  }

  void after(const std::expected<void, Fault>& handled) {
    CHECK(!broken_ || !handled);
    broken_ = !handled;
    const auto output = session_->take_output();
    if (broken_) {
      CHECK(output.empty() && !session_->next_deadline() && !session_->synchronised());
    }
    expect_sound(output);
    while (auto change = session_->poll()) {
      if (const auto* const firewall = std::get_if<FirewallChanged>(&*change))
        sources_.insert(firewall->source);
      if (std::holds_alternative<Synchronised>(*change)) CHECK(session_->synchronised() || broken_);
      outcome_.changes.push_back(std::move(*change));
    }
    expect_sound(session_->settings());
  }

  void expect_sound(base::Bytes output) {
    CHECK(output.size() % kHeaderSize == 0);
    MessageReader reader;
    for (;;) {
      auto message = reader.next(output);
      CHECK(message.has_value());
      if (!*message) return;
      const MessageType type = (*message)->type;
      if (vchan_) {
        CHECK(type == MessageType::kRespOk ||
              (type == MessageType::kCmdMultiRead && (*message)->path.empty()));
      } else {
        CHECK(type == MessageType::kCmdWatch || type == MessageType::kCmdRead ||
              type == MessageType::kCmdMultiRead);
        CHECK(is_path((*message)->path));
        CHECK((type == MessageType::kCmdMultiRead) == is_tree((*message)->path) ||
              type == MessageType::kCmdWatch);
      }
      if (type != MessageType::kRespOk) request_ = **message;
      outcome_.output.push_back(std::move(**message));
    }
  }

  void expect_sound(const Settings& settings) const {
    CHECK(settings.firewall_count() == sources_.size());
    for (const base::IpAddress& source : sources_) {
      const CommittedRules* const rules = settings.firewall(source);
      CHECK(rules != nullptr);
      CHECK(!rules->malformed || (rules->rules.empty() && rules->policy.empty()));
    }
    CHECK(std::ranges::is_sorted(settings.connected_ips()));
  }

  bool vchan_;
  std::size_t step_;
  testing::FuzzInput input_;
  std::unique_ptr<Session> session_;
  Message request_;  // the last one
  bool broken_ = false;
  std::set<base::IpAddress> sources_;
  Outcome outcome_;
};

void run(const std::uint8_t* data, std::size_t size) {
  testing::FuzzInput head(data, size);
  const bool vchan = (head.u8() & 1) != 0;
  const std::size_t step = 1 + head.u8();
  const auto whole = std::size_t{1} << 20;
  CHECK(Run(vchan, step, head).finish() == Run(vchan, whole, head).finish());
}

}  // namespace
}  // namespace sallyport::qubes

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::qubes::run(data, size);
  return 0;
}
