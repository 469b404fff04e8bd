// dom0 does what it likes while a session reads, over a stream that is cut anywhere and lost now
// and then. Whatever is known of a source at any moment is the beginning of a list that dom0
// committed or was about to commit, so it allows no more than that; when dom0 rests, it is the
// list.
#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "model_daemon.h"
#include "qubes/socket_session.h"
#include "qubes/vchan_session.h"
#include "test.h"

namespace sallyport::qubes {
namespace {

constexpr int kSeeds = 100;
constexpr int kSteps = 200;
const std::vector<std::string> kSources{"10.137.0.5", "10.137.0.50", "fd09:24ef:4179::a89:5"};

// Rules that say which list they are of, and where in it: "3.0", "3.1".
class Dom0 {
 public:
  Dom0(ModelDaemon& daemon, std::mt19937& random) : daemon_(daemon), random_(random) {}

  // The next command of the update that is going on, or of a new one.
  void step() {
    if (todo_.empty()) begin();
    todo_.front()();
    todo_.erase(todo_.begin());
  }
  void rest() {
    while (!todo_.empty()) step();
  }
  const std::vector<std::string>& rules_of(const std::string& source) const {
    return committed_.at(source);
  }
  bool has(const std::string& source) const { return committed_.contains(source); }
  const std::string& connected() const { return connected_; }

 private:
  void begin() {
    if (random_() % 4 == 0) {
      connected_ = "10.137.0." + std::to_string(random_() % 250);
      todo_.push_back([this] { daemon_.write("/connected-ips", connected_); });
      return;
    }
    const std::string source = kSources[random_() % kSources.size()];
    const std::string node = "/qubes-firewall/" + source;
    const int list = ++lists_;
    std::vector<std::string> rules;
    todo_.push_back([this, node] { daemon_.rm(node + "/"); });
    todo_.push_back([this, node] { daemon_.write(node + "/policy", "drop"); });
    for (unsigned i = 0; i < random_() % 5; ++i) {
      rules.push_back(std::to_string(list) + "." + std::to_string(i));
      const std::string path = node + "/000" + std::to_string(2 * i);
      todo_.push_back([this, path, rule = rules.back()] { daemon_.write(path, rule); });
    }
    todo_.push_back([this, node, source, rules] {
      committed_[source] = rules;
      daemon_.write(node, "");
    });
  }

  ModelDaemon& daemon_;
  std::mt19937& random_;
  std::vector<std::function<void()>> todo_;
  std::map<std::string, std::vector<std::string>> committed_;
  std::string connected_;
  int lists_ = 0;
};

// The rules are "k.0", "k.1", and so on for one k.
bool is_beginning_of_one_list(const std::vector<std::string>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string list = rules[0].substr(0, rules[0].find('.'));
    if (rules[i] != list + "." + std::to_string(i)) return false;
  }
  return true;
}

class World {
 public:
  World(Session& session, ModelDaemon::Kind kind, unsigned seed)
      : session_(session), random_(seed), daemon_(kind) {
    reconnect();
  }

  void run() {
    for (int i = 0; i < kSteps; ++i) {
      dom0_.step();
      if (random_() % 3 == 0) exchange(random_() % 400);
      if (random_() % 100 == 0) reconnect();
      check();
    }
    dom0_.rest();
    while (exchange(1000)) check();
    REQUIRE(session_.synchronised());
    for (const std::string& source : kSources) {
      const auto* const rules = session_.settings().firewall(*base::IpAddress::parse(source));
      REQUIRE((rules != nullptr) == dom0_.has(source));
      if (rules == nullptr) continue;
      EXPECT_FALSE(rules->malformed);
      EXPECT(rules->rules == dom0_.rules_of(source));
    }
    const auto& connected = session_.settings().connected_ips();
    EXPECT((connected.empty() ? "" : connected.front().to_string()) == dom0_.connected());
  }

 private:
  void reconnect() {
    session_.handle_disconnected();
    daemon_.disconnect();
    stream_.clear();
    session_.handle_connected(kStart);
  }

  // Carries some bytes; false when there was nothing at all.
  bool exchange(std::size_t most) {
    const auto output = session_.take_output();
    for (const Message& request : messages_in(output)) daemon_.handle(request);
    reverse_bursts();
    const auto sent = bytes_of(std::exchange(daemon_.sent, {}));
    stream_.insert(stream_.end(), sent.begin(), sent.end());
    const std::size_t count = std::min(most, stream_.size());
    const bool any = !output.empty() || !stream_.empty();
    REQUIRE(session_.handle_bytes(kStart, base::Bytes(stream_).first(count)).has_value());
    stream_.erase(stream_.begin(), stream_.begin() + static_cast<std::ptrdiff_t>(count));
    return any;
  }

  // Events that stand together may come in any order.
  void reverse_bursts() {
    const auto is_event = [](const Message& message) {
      return message.type == MessageType::kRespWatch;
    };
    for (auto at = daemon_.sent.begin(); at != daemon_.sent.end();) {
      const auto begin = std::find_if(at, daemon_.sent.end(), is_event);
      at = std::find_if_not(begin, daemon_.sent.end(), is_event);
      std::reverse(begin, at);
    }
  }

  void check() {
    for (const std::string& source : kSources) {
      const auto* const rules = session_.settings().firewall(*base::IpAddress::parse(source));
      known_[source] |= rules != nullptr;
      REQUIRE(known_[source] == (rules != nullptr));
      if (rules != nullptr) REQUIRE(is_beginning_of_one_list(rules->rules));
    }
    changes_of(session_);
  }

  Session& session_;
  std::mt19937 random_;
  ModelDaemon daemon_;
  Dom0 dom0_{daemon_, random_};
  std::vector<std::uint8_t> stream_;
  std::map<std::string, bool> known_;
};

TEST_SUITE("qubes/session_random") {
  TEST_CASE("over the socket, what is known is what was committed, whenever the daemon is asked") {
    for (unsigned seed = 0; seed < kSeeds; ++seed) {
      CAPTURE(seed);
      SocketSession session;
      World(session, ModelDaemon::Kind::kSocket, seed).run();
    }
  }

  TEST_CASE("over the vchan, what is known is what was committed, however the stream is cut") {
    for (unsigned seed = 0; seed < kSeeds; ++seed) {
      CAPTURE(seed);
      VchanSession session;
      World(session, ModelDaemon::Kind::kVchan, seed).run();
    }
  }
}

}  // namespace
}  // namespace sallyport::qubes
