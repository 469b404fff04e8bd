#include "qubes/vchan_session.h"

#include <algorithm>

#include "model_daemon.h"
#include "test.h"

namespace sallyport::qubes {
namespace {

using enum MessageType;

const base::IpAddress kOne = *base::IpAddress::parse("10.137.0.5");
const Message kEnd{kRespMultiRead, "", ""};

struct World {
  VchanSession session;

  // With what dom0 has at the start, from the last path to the first, as it sends it.
  explicit World(std::vector<Message> entries = {}) {
    session.handle_connected(kStart);
    EXPECT(messages_in(session.take_output()) == std::vector<Message>{{kCmdMultiRead, "", ""}});
    entries.push_back(kEnd);
    REQUIRE(say(entries));
  }
  bool say(const std::vector<Message>& messages) {
    return session.handle_bytes(kStart, bytes_of(messages)).has_value();
  }
  std::vector<Message> answers() { return messages_in(session.take_output()); }
  std::vector<std::string> rules() const {
    const CommittedRules* const found = session.settings().firewall(kOne);
    return found == nullptr ? std::vector<std::string>{"none"} : found->rules;
  }
};

std::vector<Message> old_rules() {
  return {{kRespMultiRead, "/qubes-ip", "10.137.0.20"},
          {kRespMultiRead, "/qubes-firewall/10.137.0.5/policy", "drop"},
          {kRespMultiRead, "/qubes-firewall/10.137.0.5/0003", "old"},
          {kRespMultiRead, "/qubes-firewall/10.137.0.5", ""}};
}

TEST_SUITE("qubes/vchan_session") {
  TEST_CASE("asks for everything once, and nothing ever after") {
    World world(old_rules());
    EXPECT(world.session.synchronised());
    EXPECT(world.answers().empty());
    EXPECT_FALSE(world.session.next_deadline().has_value());
    EXPECT(world.rules() == std::vector<std::string>{"old"});
    EXPECT(changes_of(world.session) ==
           std::vector<Change>{FirewallChanged{kOne}, AddressesChanged{}, Synchronised{}});
  }

  TEST_CASE("nothing is believed before the end of the list") {
    VchanSession session;
    session.handle_connected(kStart);
    REQUIRE(session.handle_bytes(kStart, bytes_of(old_rules())).has_value());
    EXPECT_FALSE(session.synchronised());
    EXPECT(session.settings().firewall(kOne) == nullptr);
    EXPECT(changes_of(session).empty());
    REQUIRE(session.handle_bytes(kStart, bytes_of({kEnd})).has_value());
    EXPECT(session.settings().firewall(kOne) != nullptr);
  }

  TEST_CASE("every write and removal is answered, in order, and nothing else is said") {
    World world;
    REQUIRE(world.say({{kCmdWrite, "/name", "sys-vpn"},
                       {kCmdRm, "/name", ""},
                       {kCmdRm, "/never-there", ""},
                       {kCmdRm, "/qubes-firewall/10.137.0.5/", ""},
                       {kCmdWrite, "/qubes-firewall/10.137.0.5", ""}}));
    EXPECT(world.answers() == std::vector<Message>{{kRespOk, "/name", ""},
                                                   {kRespOk, "/name", ""},
                                                   {kRespOk, "/never-there", ""},
                                                   {kRespOk, "/qubes-firewall/10.137.0.5/", ""},
                                                   {kRespOk, "/qubes-firewall/10.137.0.5", ""}});
  }

  TEST_CASE("the rules of a source are those of its last commit") {
    World world(old_rules());
    changes_of(world.session);
    REQUIRE(world.say({{kCmdRm, "/qubes-firewall/10.137.0.5/", ""},
                       {kCmdWrite, "/qubes-firewall/10.137.0.5/policy", "drop"},
                       {kCmdWrite, "/qubes-firewall/10.137.0.5/0000", "new"},
                       {kCmdWrite, "/qubes-firewall/10.137.0.5/0007", "newer"}}));
    EXPECT(world.rules() == std::vector<std::string>{"old"});
    EXPECT(changes_of(world.session).empty());
    REQUIRE(world.say({{kCmdWrite, "/qubes-firewall/10.137.0.5", ""}}));
    EXPECT(world.rules() == std::vector<std::string>{"new", "newer"});
    EXPECT(changes_of(world.session) == std::vector<Change>{FirewallChanged{kOne}});
    REQUIRE(world.say({{kCmdRm, "/qubes-firewall/10.137.0.5/0000", ""},
                       {kCmdRm, "/qubes-firewall/10.137.0.5", ""},
                       {kCmdRm, "/qubes-firewall/", ""}}));
    EXPECT(world.rules() == std::vector<std::string>{"new", "newer"});
  }

  TEST_CASE("settings follow writes and removals at once") {
    World world;
    REQUIRE(world.say({{kCmdWrite, "/connected-ips", "10.137.0.5"},
                       {kCmdWrite, "/mapped-ip/10.137.0.5/visible-ip", "192.168.0.2"},
                       {kCmdWrite, "/vm-config/a", "1"}}));
    EXPECT(world.session.settings().connected_ips() == std::vector{kOne});
    EXPECT(world.session.settings().mapped_ips().contains(kOne));
    EXPECT(world.session.settings().vm_config().contains("a"));
    REQUIRE(world.say({{kCmdRm, "/mapped-ip/10.137.0.5/", ""}, {kCmdRm, "/vm-config/a", ""}}));
    EXPECT(world.session.settings().mapped_ips().empty());
    EXPECT(world.session.settings().vm_config().empty());
    REQUIRE(world.say({{kCmdRm, "/", ""}}));
    EXPECT(world.session.settings().connected_ips().empty());
  }

  TEST_CASE("changes that come before the end of the list are answered, and are in it") {
    VchanSession session;
    session.handle_connected(kStart);
    session.take_output();
    REQUIRE(session
                .handle_bytes(kStart, bytes_of({{kCmdWrite, "/vm-config/a", "1"},
                                                {kRespMultiRead, "/vm-config/b", "2"},
                                                {kCmdRm, "/vm-config/c", ""},
                                                {kCmdWrite, "/qubes-firewall/10.137.0.5", ""}}))
                .has_value());
    EXPECT(messages_in(session.take_output()).size() == 3);
    EXPECT(session.settings().firewall_count() == 0);
    REQUIRE(session.handle_bytes(kStart, bytes_of({kEnd})).has_value());
    EXPECT(session.settings().vm_config().size() == 2);
    EXPECT(session.settings().firewall(kOne)->malformed);
  }

  TEST_CASE("a lost connection changes nothing, and after a new one only differences are told") {
    World world(old_rules());
    changes_of(world.session);
    world.session.handle_disconnected();
    EXPECT(world.rules() == std::vector<std::string>{"old"});
    world.session.handle_connected(kStart);
    EXPECT(world.answers().size() == 1);
    EXPECT(world.rules() == std::vector<std::string>{"old"});
    auto entries = old_rules();
    entries.push_back({kRespMultiRead, "/connected-ips", "10.137.0.5"});
    entries.push_back(kEnd);
    REQUIRE(world.say(entries));
    EXPECT(changes_of(world.session) == std::vector<Change>{ConnectedIpsChanged{}, Synchronised{}});
  }

  TEST_CASE("a connection lost before the end of the list leaves what was before") {
    World world(old_rules());
    world.session.handle_connected(kStart);
    REQUIRE(world.say({{kRespMultiRead, "/qubes-firewall/10.137.0.5/policy", "drop"},
                       {kRespMultiRead, "/qubes-firewall/10.137.0.5", ""}}));
    world.session.handle_disconnected();
    EXPECT(world.rules() == std::vector<std::string>{"old"});
    EXPECT(world.session.settings().addresses().ip == base::IpAddress::parse("10.137.0.20"));
  }

  TEST_CASE("an old entry is not taken for one of the new connection") {
    World world({{kRespMultiRead, "/vm-config/a", "1"}});
    world.session.handle_connected(kStart);
    REQUIRE(world.say({kEnd}));
    EXPECT(world.session.settings().vm_config().empty());
  }

  TEST_CASE("what dom0 has no reason to say ends the connection") {
    for (const MessageType type : {kCmdRead, kCmdMultiRead, kCmdList, kCmdWatch, kCmdUnwatch,
                                   kRespOk, kRespRead, kRespMultiRead, kRespList, kRespWatch}) {
      World world;
      EXPECT_FALSE(world.say({{type, "/a", ""}}));
      EXPECT(world.session.faults()[Fault::kUnexpected] == 1);
    }
    for (const MessageType type : {kRespError, kRespErrorNoEnt}) {
      World world;
      EXPECT_FALSE(world.say({{type, "/a", ""}}));
      EXPECT(world.session.faults()[Fault::kRequestRefused] == 1);
    }
    VchanSession session;
    session.handle_connected(kStart);
    EXPECT(session.handle_bytes(kStart, bytes_of({{kRespMultiRead, "", "x"}})).error() ==
           Fault::kBadPath);
  }

  TEST_CASE("a list that never ends is refused at the limit, and so are endless writes") {
    for (const MessageType type : {kRespMultiRead, kCmdWrite}) {
      VchanSession session;
      session.handle_connected(kStart);
      std::size_t count = 0;
      while (session.handle_bytes(kStart, bytes_of({{type, "/" + std::to_string(count), "x"}})))
        ++count;
      EXPECT(count == Database::kMaxEntries);
      EXPECT(session.faults()[Fault::kTooMuch] == 1);
    }
  }

  TEST_CASE("the list has to come in time, changes have all the time there is") {
    VchanSession session;
    session.handle_connected(kStart);
    REQUIRE(session.next_deadline() == kStart.mono + Session::kPatience);
    EXPECT(session.handle_timeout(after(Session::kPatience)).error() == Fault::kNoAnswer);
    World world;
    EXPECT(world.session.handle_timeout(after(std::chrono::hours(24))).has_value());
  }
}

}  // namespace
}  // namespace sallyport::qubes
