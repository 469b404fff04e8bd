#include "net/rules/rule_set.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ip;
using Texts = std::vector<std::string>;

RuleSet rules(const Texts& texts, std::string_view policy = "drop", Family family = Family::kIpv4) {
  auto parsed = RuleSet::parse(policy, texts, family);
  REQUIRE(parsed);
  return *parsed;
}

RuleSubject tcp(std::string_view to, std::uint16_t port) {
  return {RuleProtocol::kTcp, ip(to), port, 0, false};
}
RuleSubject udp(std::string_view to, std::uint16_t port) {
  return {RuleProtocol::kUdp, ip(to), port, 0, false};
}
RuleSubject ping(std::string_view to, std::uint8_t type = 8) {
  return {RuleProtocol::kIcmp, ip(to), 0, type, false};
}
RuleSubject dns(RuleProtocol protocol, std::uint16_t port = 53) {
  return {protocol, ip("10.139.1.1"), port, 0, true};
}

bool accepts(const RuleSet& set, const RuleSubject& subject, const HostAddresses& hosts = {}) {
  return set.judge(subject, hosts) == RuleAction::kAccept;
}

TEST_SUITE("net/rules/rule_set") {
  TEST_CASE("nothing was written: nothing is allowed") {
    EXPECT_FALSE(accepts(RuleSet(), tcp("192.0.2.1", 80)));
    EXPECT_FALSE(accepts(rules({}), tcp("192.0.2.1", 80)));
  }

  TEST_CASE("the first rule that matches decides, and the policy when none does") {
    const RuleSet set = rules({"action=drop dst4=192.0.2.0/24 proto=tcp dstports=25-25",
                               "action=accept dst4=192.0.2.0/24", "action=drop dst4=192.0.2.9/32"});
    EXPECT_FALSE(accepts(set, tcp("192.0.2.1", 25)));
    EXPECT(accepts(set, tcp("192.0.2.1", 26)));
    EXPECT(accepts(set, udp("192.0.2.1", 25)));
    EXPECT(accepts(set, tcp("192.0.2.9", 80)));
    EXPECT_FALSE(accepts(set, tcp("198.51.100.1", 80)));
    EXPECT(accepts(rules({"action=drop proto=icmp"}, "accept"), tcp("198.51.100.1", 80)));
  }

  TEST_CASE("ports without a protocol are TCP's and UDP's") {
    const RuleSet set = rules({"action=accept dstports=53-54"});
    EXPECT(accepts(set, tcp("192.0.2.1", 53)));
    EXPECT(accepts(set, udp("192.0.2.1", 54)));
    EXPECT_FALSE(accepts(set, udp("192.0.2.1", 55)));
    EXPECT_FALSE(accepts(set, ping("192.0.2.1")));
  }

  TEST_CASE(
      "IPv4 in IPv6's form is nobody's address: a rule for it matches nothing, and spoils no "
      "other") {
    const RuleSet set =
        rules({"action=drop dst6=::ffff:192.0.2.1/128", "action=accept dst6=::ffff:0:0/96",
               "action=accept dst6=2001:db8::/32"},
              "drop", Family::kIpv6);
    EXPECT(accepts(set, tcp("2001:db8::1", 80)));
    EXPECT_FALSE(accepts(set, tcp("2001:db9::1", 80)));
    EXPECT_FALSE(accepts(set, tcp("192.0.2.1", 80)));
  }

  TEST_CASE("an ICMP type is one type, and no type is any") {
    const RuleSet echo = rules({"action=accept proto=icmp icmptype=8"});
    EXPECT(accepts(echo, ping("192.0.2.1", 8)));
    EXPECT_FALSE(accepts(echo, ping("192.0.2.1", 13)));
    EXPECT(accepts(rules({"action=accept proto=icmp"}), ping("192.0.2.1", 13)));
    const RuleSet six = rules({"action=accept proto=icmp icmptype=128"}, "drop", Family::kIpv6);
    EXPECT(accepts(six, ping("2001:db8::1", 128)));
  }

  // Our ancestor passed over `specialtarget` when there was a protocol: that accepted all of UDP.
  TEST_CASE("specialtarget=dns with a protocol is DNS by that protocol, and nothing else") {
    const RuleSet set = rules({"action=accept proto=udp specialtarget=dns"});
    EXPECT(accepts(set, dns(RuleProtocol::kUdp)));
    EXPECT_FALSE(accepts(set, dns(RuleProtocol::kTcp)));
    EXPECT_FALSE(accepts(set, udp("192.0.2.1", 53)));
    EXPECT_FALSE(accepts(set, udp("192.0.2.1", 1000)));
    const RuleSet drop = rules({"action=drop proto=tcp specialtarget=dns", "action=accept"});
    EXPECT(accepts(drop, tcp("192.0.2.1", 443)));
    EXPECT_FALSE(accepts(drop, dns(RuleProtocol::kTcp)));
  }

  TEST_CASE("specialtarget=dns is port 53 of the resolvers only") {
    const RuleSet set = rules({"action=accept specialtarget=dns"});
    EXPECT(accepts(set, dns(RuleProtocol::kUdp)));
    EXPECT(accepts(set, dns(RuleProtocol::kTcp)));
    EXPECT_FALSE(accepts(set, dns(RuleProtocol::kTcp, 80)));
    EXPECT_FALSE(accepts(set, udp("198.51.100.10", 53)));
  }

  TEST_CASE("DNS on another port is no rule") {
    EXPECT(rules({"action=accept specialtarget=dns dstports=80-80"}).size() == 0);
    EXPECT(rules({"action=accept specialtarget=dns dstports=53-53"}).size() == 1);
    EXPECT_FALSE(accepts(rules({"action=accept specialtarget=dns dstports=1-65535"}),
                         dns(RuleProtocol::kUdp)));
  }

  TEST_CASE("a name is all of its addresses of the source's family") {
    HostAddresses hosts;
    hosts.set("a.example", Family::kIpv4, {ip("192.0.2.1"), ip("192.0.2.2")});
    const RuleSet set = rules({"action=accept dsthost=a.example proto=tcp"});
    EXPECT(accepts(set, tcp("192.0.2.2", 80), hosts));
    EXPECT_FALSE(accepts(set, tcp("192.0.2.3", 80), hosts));
    EXPECT_FALSE(accepts(set, udp("192.0.2.2", 80), hosts));
  }

  // Our ancestor let a packet on to the next rule when a name in a `drop` could not be looked up.
  TEST_CASE("a name that is not known accepts nothing and drops what may be meant") {
    const HostAddresses nothing;
    EXPECT_FALSE(
        accepts(rules({"action=accept dsthost=a.example"}), tcp("192.0.2.1", 80), nothing));
    const RuleSet drop = rules({"action=drop dsthost=a.example proto=tcp", "action=accept"});
    EXPECT_FALSE(accepts(drop, tcp("192.0.2.1", 80), nothing));
    EXPECT(accepts(drop, udp("192.0.2.1", 80), nothing));
    HostAddresses known;
    known.set("a.example", Family::kIpv4, {});
    EXPECT(accepts(drop, tcp("192.0.2.1", 80), known));
    // Of the other family is not known.
    HostAddresses six;
    six.set("a.example", Family::kIpv6, {});
    EXPECT_FALSE(accepts(drop, tcp("192.0.2.1", 80), six));
  }

  TEST_CASE("one bad rule, and none is taken") {
    const Texts texts{"action=accept", "action=accept foo=bar"};
    const auto set = RuleSet::parse("drop", texts, Family::kIpv4);
    REQUIRE_FALSE(set);
    EXPECT(set.error() == "rule 1: \"foo=bar\" has an unknown key");
    EXPECT_FALSE(RuleSet::parse("", {}, Family::kIpv4));
    EXPECT_FALSE(RuleSet::parse("reject", {}, Family::kIpv4));
  }

  TEST_CASE("names are told once each") {
    EXPECT(rules({"action=accept dsthost=b", "action=drop dsthost=a", "action=accept dsthost=B."})
               .host_names() == Texts{"a", "b"});
  }
}

}  // namespace
}  // namespace sallyport::net
