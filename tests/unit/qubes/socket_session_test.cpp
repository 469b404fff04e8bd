#include "qubes/socket_session.h"

#include <algorithm>

#include "model_daemon.h"
#include "test.h"

namespace sallyport::qubes {
namespace {

using enum MessageType;

const base::IpAddress kOne = *base::IpAddress::parse("10.137.0.5");
const base::IpAddress kTwo = *base::IpAddress::parse("10.137.0.6");
constexpr std::string_view kOneTree = "/qubes-firewall/10.137.0.5/";

std::vector<std::string> rules_of(const Session& session, const base::IpAddress& source) {
  const CommittedRules* const rules = session.settings().firewall(source);
  return rules == nullptr ? std::vector<std::string>{"none"} : rules->rules;
}

// A session and a daemon; with start(), everything has been read.
struct World {
  ModelDaemon daemon;
  SocketSession session;

  World() { session.handle_connected(kStart); }

  void start() {
    REQUIRE(settle(session, daemon));
    changes_of(session);
  }
  bool settled() { return settle(session, daemon); }
  bool say(const std::vector<Message>& messages) {
    return session.handle_bytes(kStart, bytes_of(messages)).has_value();
  }
  // Lets the daemon see what was asked, without carrying the answers back.
  void ask() {
    for (const Message& request : messages_in(session.take_output())) daemon.handle(request);
  }
  int readings_of(std::string_view path) const {
    return static_cast<int>(std::ranges::count_if(daemon.requests, [&](const Message& request) {
      return request.path == path && request.type != kCmdWatch;
    }));
  }
};

TEST_SUITE("qubes/socket_session") {
  TEST_CASE("watches each place before it reads it") {
    World world;
    world.start();
    REQUIRE(world.daemon.requests.size() % 2 == 0);
    for (std::size_t i = 0; i < world.daemon.requests.size(); i += 2) {
      const Message& watch = world.daemon.requests[i];
      const Message& read = world.daemon.requests[i + 1];
      EXPECT(watch.type == kCmdWatch);
      EXPECT(watch.path == read.path);
      EXPECT(read.type == (read.path.ends_with('/') ? kCmdMultiRead : kCmdRead));
    }
    for (const char* path :
         {"/qubes-firewall/", "/connected-ips", "/connected-ips6", "/qubes-ip", "/qubes-ip6",
          "/qubes-gateway", "/qubes-netvm-primary-dns", "/mapped-ip/", "/vm-config/"})
      EXPECT(world.readings_of(path) == 1);
    EXPECT(world.session.synchronised());
    EXPECT_FALSE(world.session.next_deadline().has_value());
  }

  TEST_CASE("what is there at the start is known when it is synchronised, and told before") {
    World world;
    world.daemon.write("/qubes-ip", "10.137.0.20");
    world.daemon.write("/connected-ips", "10.137.0.5 10.137.0.6");
    world.daemon.write("/vm-config/profile", "home");
    world.daemon.write("/mapped-ip/10.137.0.5/visible-ip", "192.168.0.2");
    world.daemon.commit_firewall("10.137.0.5", {"action=accept"});
    REQUIRE(world.settled());
    const auto changes = changes_of(world.session);
    REQUIRE(changes.size() == 6);
    for (const Change& change :
         {Change(FirewallChanged{kOne}), Change(ConnectedIpsChanged{}), Change(AddressesChanged{}),
          Change(MappedIpsChanged{}), Change(VmConfigChanged{"profile"})})
      EXPECT(std::ranges::count(changes, change) == 1);
    EXPECT(changes.back() == Change(Synchronised{}));
    EXPECT(world.session.settings().connected_ips().size() == 2);
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"action=accept"});
    EXPECT(world.session.settings().firewall(kTwo) == nullptr);
  }

  TEST_CASE("one request is under way at a time") {
    World world;
    while (!world.session.synchronised()) {
      const auto requests = messages_in(world.session.take_output());
      REQUIRE(requests.size() == 1);
      world.daemon.handle(requests.front());
      REQUIRE(world.say(std::exchange(world.daemon.sent, {})));
    }
    EXPECT(world.session.take_output().empty());
  }

  TEST_CASE("a source counts when it is committed, not before") {
    World world;
    world.start();
    world.daemon.write("/qubes-firewall/10.137.0.5/policy", "drop");
    world.daemon.write("/qubes-firewall/10.137.0.5/0000", "action=accept");
    REQUIRE(world.settled());
    EXPECT(world.session.settings().firewall(kOne) == nullptr);
    EXPECT(world.readings_of(kOneTree) == 0);
    world.daemon.write("/qubes-firewall/10.137.0.5", "");
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"action=accept"});
    EXPECT(changes_of(world.session) == std::vector<Change>{FirewallChanged{kOne}});
  }

  TEST_CASE("at the start a source without a commit is not known yet") {
    World world;
    world.daemon.write("/qubes-firewall/10.137.0.5/policy", "drop");
    world.daemon.write("/qubes-firewall/10.137.0.5/0001", "action=accept");
    world.daemon.commit_firewall("10.137.0.6", {"action=drop"});
    world.start();
    EXPECT(world.session.settings().firewall(kOne) == nullptr);
    EXPECT(rules_of(world.session, kTwo) == std::vector<std::string>{"action=drop"});
  }

  TEST_CASE("rules are replaced whole, and one reading is enough for a burst") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a", "b", "c"});
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"x"});
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"x"});
    EXPECT(world.readings_of(kOneTree) == 1);
  }

  TEST_CASE("a burst may come in reverse order") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a", "b", "c"});
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"x", "y"});
    world.daemon.commit_firewall("10.137.0.6", {"z"});
    world.daemon.write("/connected-ips", "10.137.0.5");
    std::ranges::reverse(world.daemon.sent);
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"x", "y"});
    EXPECT(rules_of(world.session, kTwo) == std::vector<std::string>{"z"});
    EXPECT(world.session.settings().connected_ips() == std::vector{kOne});
  }

  TEST_CASE("a removed source keeps its rules until the commit") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a"});
    world.start();
    world.daemon.rm("/qubes-firewall/10.137.0.5/");
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    EXPECT(changes_of(world.session).empty());
    world.daemon.write("/qubes-firewall/10.137.0.5", "");
    REQUIRE(world.settled());
    EXPECT(world.session.settings().firewall(kOne)->malformed);
  }

  TEST_CASE("an event between the parts of an answer is no part of it") {
    World world;
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"a", "b"});
    world.daemon.sent.clear();
    REQUIRE(world.say({{kRespWatch, "/qubes-firewall/10.137.0.5", ""}}));
    world.ask();
    // policy is the last entry; events of other things go between all of them.
    REQUIRE(world.daemon.sent.size() == 4);
    std::vector<Message> mixed;
    world.daemon.write("/connected-ips", "10.137.0.6");
    world.daemon.sent.resize(4);
    for (const Message& part : std::exchange(world.daemon.sent, {})) {
      mixed.push_back({kRespWatch, "/connected-ips", ""});
      mixed.push_back({kRespWatch, "/qubes-firewall/10.137.0.6/0000", ""});
      mixed.push_back(part);
    }
    REQUIRE(world.say(mixed));
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a", "b"});
    REQUIRE(world.settled());
    EXPECT(world.session.settings().connected_ips() == std::vector{kTwo});
    EXPECT(world.readings_of("/connected-ips") == 2);
  }

  TEST_CASE("a commit while its source is being read is read once more, the first answer is not") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"old"});
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"first", "drop the secret", "accept all"});
    REQUIRE(world.say(std::exchange(world.daemon.sent, {})));
    world.ask();
    // The answer is of the middle of the next update.
    const std::vector<Message> half{
        {kRespMultiRead, "/qubes-firewall/10.137.0.5/0002", "accept all"},
        {kRespMultiRead, "/qubes-firewall/10.137.0.5/policy", "drop"},
        {kRespWatch, "/qubes-firewall/10.137.0.5", ""},
        {kRespMultiRead, "", ""}};
    world.daemon.sent.clear();
    world.daemon.commit_firewall("10.137.0.5", {"second"});
    world.daemon.sent.clear();
    REQUIRE(world.say(half));
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"old"});
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"second"});
    EXPECT(world.readings_of(kOneTree) == 2);
  }

  TEST_CASE("answers of two sources are never mixed") {
    World world;
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"one"});
    world.daemon.commit_firewall("10.137.0.6", {"two"});
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"one"});
    EXPECT(rules_of(world.session, kTwo) == std::vector<std::string>{"two"});
    REQUIRE(world.say({{kRespWatch, "/qubes-firewall/10.137.0.5", ""}}));
    const auto answer =
        bytes_of({{kRespMultiRead, "/qubes-firewall/10.137.0.6/0000", "action=accept"}});
    EXPECT(world.session.handle_bytes(kStart, answer).error() == Fault::kUnexpected);
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"one"});
  }

  TEST_CASE("a change of anything is read again, also the removal of what is above it") {
    World world;
    world.daemon.write("/qubes-ip", "10.137.0.20");
    world.daemon.write("/mapped-ip/10.137.0.5/visible-ip", "192.168.0.2");
    world.daemon.write("/vm-config/a", "1");
    world.start();
    world.daemon.write("/qubes-ip", "10.137.0.21");
    REQUIRE(world.settled());
    EXPECT(world.session.settings().addresses().ip == base::IpAddress::parse("10.137.0.21"));
    world.daemon.rm("/qubes-ip");
    world.daemon.rm("/mapped-ip/10.137.0.5/");
    world.daemon.rm("/vm-config/");
    REQUIRE(world.settled());
    EXPECT_FALSE(world.session.settings().addresses().ip.has_value());
    EXPECT(world.session.settings().mapped_ips().empty());
    EXPECT(world.session.settings().vm_config().empty());
    EXPECT(changes_of(world.session) ==
           std::vector<Change>{AddressesChanged{}, MappedIpsChanged{}, VmConfigChanged{"a"}});
    const auto before = world.daemon.requests.size();
    REQUIRE(world.say({{kRespWatch, "/", ""}}));
    REQUIRE(world.settled());
    EXPECT(world.daemon.requests.size() - before == Settings::places().size());
  }

  TEST_CASE("a change that comes while the old value is read is read again") {
    World world;
    world.start();
    world.daemon.write("/connected-ips", "10.137.0.5");
    REQUIRE(world.say(std::exchange(world.daemon.sent, {})));
    world.ask();
    world.daemon.write("/connected-ips", "10.137.0.6");
    REQUIRE(world.settled());
    EXPECT(world.session.settings().connected_ips() == std::vector{kTwo});
  }

  TEST_CASE("a source that is no address is ignored and counted") {
    World world;
    world.start();
    for (const char* source : {"host", "10.137.0.05", "10.137.0.5.", "::ffff:10.137.0.5"})
      world.daemon.commit_firewall(source, {"action=accept"});
    const auto before = world.daemon.requests.size();
    REQUIRE(world.settled());
    EXPECT(world.session.settings().ignored()[Ignored::kFirewallSource] == 4);
    EXPECT(world.session.settings().firewall_count() == 0);
    EXPECT(world.daemon.requests.size() == before);
  }

  TEST_CASE("a lost connection changes nothing, and a new one reads everything again") {
    World world;
    world.daemon.write("/vm-config/profile", "home");
    world.daemon.commit_firewall("10.137.0.5", {"a"});
    world.daemon.commit_firewall("10.137.0.6", {"b"});
    world.start();
    world.session.handle_disconnected();
    world.daemon.disconnect();
    EXPECT_FALSE(world.session.synchronised());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    EXPECT(world.session.settings().vm_config().at("profile") == "home");
    world.daemon.commit_firewall("10.137.0.6", {"c"});
    world.session.handle_connected(kStart);
    REQUIRE(world.settled());
    EXPECT(changes_of(world.session) == std::vector<Change>{FirewallChanged{kTwo}, Synchronised{}});
    EXPECT(rules_of(world.session, kTwo) == std::vector<std::string>{"c"});
  }

  TEST_CASE("a daemon that comes back empty takes no rules away") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a"});
    world.daemon.write("/connected-ips", "10.137.0.5");
    world.start();
    world.daemon = ModelDaemon();
    world.session.handle_connected(kStart);
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    EXPECT(changes_of(world.session) == std::vector<Change>{ConnectedIpsChanged{}, Synchronised{}});
    // Then dom0 fills it again, from the last path to the first.
    world.daemon.write("/qubes-firewall/10.137.0.5/policy", "drop");
    world.daemon.write("/qubes-firewall/10.137.0.5/0001", "accept all");
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    world.daemon.write("/qubes-firewall/10.137.0.5/0000", "drop the secret");
    world.daemon.write("/qubes-firewall/10.137.0.5", "");
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) ==
           std::vector<std::string>{"drop the secret", "accept all"});
  }

  TEST_CASE("a connection lost in the middle of an answer leaves nothing of it") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a"});
    world.start();
    world.daemon.commit_firewall("10.137.0.5", {"b", "c"});
    REQUIRE(world.say(std::exchange(world.daemon.sent, {})));
    world.ask();
    auto bytes = bytes_of(world.daemon.sent);
    bytes.resize(bytes.size() - kHeaderSize - 10);
    REQUIRE(world.session.handle_bytes(kStart, bytes).has_value());
    world.daemon.disconnect();
    world.daemon.commit_firewall("10.137.0.5", {"d"});
    world.session.handle_disconnected();
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    world.session.handle_connected(kStart);
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"d"});
  }

  TEST_CASE("what was not asked, or an error, ends the connection and is counted") {
    for (const auto& [type, fault] :
         {std::pair(kRespOk, Fault::kUnexpected), std::pair(kRespRead, Fault::kUnexpected),
          std::pair(kRespMultiRead, Fault::kUnexpected), std::pair(kCmdWrite, Fault::kUnexpected),
          std::pair(kRespError, Fault::kUnexpected)}) {
      World world;
      world.start();
      EXPECT_FALSE(world.say({{type, "/a", ""}}));
      EXPECT(world.session.faults()[fault] == 1);
      EXPECT_FALSE(world.session.synchronised());
    }
    World world;
    EXPECT_FALSE(world.say({{kRespError, "/a", ""}}));
    EXPECT(world.session.faults()[Fault::kRequestRefused] == 1);
  }

  TEST_CASE("each request has its kinds of answer") {
    // The first is a watch, the second reads an entry; the last of the start reads a tree.
    for (const MessageType type : {kRespRead, kRespErrorNoEnt, kRespMultiRead, kRespList}) {
      World world;
      EXPECT_FALSE(world.say({{type, "/qubes-ip", ""}}));
    }
    for (const MessageType type : {kRespOk, kRespMultiRead, kRespList}) {
      World world;
      EXPECT_FALSE(world.say({{kRespOk, "/qubes-ip", ""}, {type, "/qubes-ip", ""}}));
    }
    for (const MessageType type : {kRespOk, kRespRead, kRespErrorNoEnt, kRespList}) {
      World world;
      world.start();
      EXPECT_FALSE(world.say({{kRespWatch, "/vm-config/x", ""}, {type, "/vm-config/x", ""}}));
    }
  }

  TEST_CASE("after a fault nothing is heard or said until the next connection") {
    World world;
    world.daemon.commit_firewall("10.137.0.5", {"a"});
    world.start();
    EXPECT_FALSE(world.say({{kRespOk, "/a", ""}}));
    world.daemon.commit_firewall("10.137.0.5", {"b"});
    EXPECT_FALSE(world.say(world.daemon.sent));
    EXPECT(world.session.take_output().empty());
    EXPECT(world.session.faults().total() == 1);
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"a"});
    EXPECT_FALSE(world.session.next_deadline().has_value());
    world.daemon.disconnect();
    world.session.handle_connected(kStart);
    REQUIRE(world.settled());
    EXPECT(rules_of(world.session, kOne) == std::vector<std::string>{"b"});
  }

  TEST_CASE("a request that is not answered in time is a fault, an idle connection is none") {
    World world;
    REQUIRE(world.session.next_deadline().has_value());
    const base::Instant deadline = *world.session.next_deadline();
    EXPECT(deadline == kStart.mono + Session::kPatience);
    EXPECT(world.session.handle_timeout({deadline - base::Duration(1), {}}).has_value());
    EXPECT(world.session.handle_timeout({deadline, {}}).error() == Fault::kNoAnswer);
    World idle;
    idle.start();
    EXPECT(idle.session.handle_timeout(after(std::chrono::hours(24))).has_value());
    EXPECT(idle.session.synchronised());
  }

  TEST_CASE("an answer that never ends is refused at the limit") {
    World world;
    world.start();
    REQUIRE(world.say({{kRespWatch, "/vm-config/x", ""}}));
    std::size_t count = 0;
    while (world.say({{kRespMultiRead, "/vm-config/" + std::to_string(count), "x"}})) ++count;
    EXPECT(count == Database::kMaxEntries);
    EXPECT(world.session.faults()[Fault::kTooMuch] == 1);
    EXPECT(world.session.settings().vm_config().empty());
  }

  TEST_CASE("commits of more sources than can be are refused at the limit") {
    World world;
    world.start();
    std::uint32_t count = 0;
    const auto commit_next = [&] {
      const auto source = base::IpAddress::v4(0x0a000000 + count).to_string();
      return world.say({{kRespWatch, "/qubes-firewall/" + source, ""}});
    };
    while (count < 2 * Settings::kMaxSources && commit_next()) ++count;
    EXPECT(count >= Settings::kMaxSources);
    EXPECT(count < 2 * Settings::kMaxSources);
    EXPECT(world.session.faults()[Fault::kTooMuch] == 1);
  }
}

}  // namespace
}  // namespace sallyport::qubes
