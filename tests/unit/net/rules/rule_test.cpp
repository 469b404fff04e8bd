#include "net/rules/rule.h"

#include <string_view>

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

Rule rule(std::string_view text, Family family = Family::kIpv4) {
  const auto parsed = parse_rule(text, family);
  INFO(std::string(text));
  REQUIRE(parsed);
  return *parsed;
}

std::string problem(std::string_view text, Family family = Family::kIpv4) {
  const auto parsed = parse_rule(text, family);
  return parsed ? "" : parsed.error();
}

TEST_SUITE("net/rules/rule") {
  TEST_CASE("the rules that dom0 writes are understood") {
    const Rule any = rule("action=accept");
    EXPECT(any.action == RuleAction::kAccept);
    EXPECT_FALSE((any.protocol || any.ports || any.icmp_type || any.only_dns));
    EXPECT(std::holds_alternative<Rule::AnyHost>(any.destination));

    const Rule network = rule("action=drop dst4=192.168.0.0/16 proto=tcp dstports=80-443");
    EXPECT(network.action == RuleAction::kDrop);
    EXPECT(network.protocol == RuleProtocol::kTcp);
    EXPECT(network.ports == PortRange{80, 443});
    EXPECT(std::get<base::IpPrefix>(network.destination) ==
           base::IpPrefix(testing::ip("192.168.0.0"), 16));

    const Rule six = rule("action=accept dst6=2001:db8::/32 proto=udp", Family::kIpv6);
    EXPECT(std::get<base::IpPrefix>(six.destination) ==
           base::IpPrefix(testing::ip("2001:db8::"), 32));

    EXPECT(std::get<HostName>(rule("action=accept dsthost=www.example.com").destination).text ==
           "www.example.com");
    EXPECT(rule("action=accept specialtarget=dns").only_dns);
    EXPECT(rule("action=drop proto=tcp specialtarget=dns").only_dns);
    EXPECT(rule("action=accept proto=icmp icmptype=8").icmp_type == 8);
    EXPECT(rule("action=accept proto=udp dstports=0-65535").ports == PortRange{0, 65535});
    EXPECT(rule("action=accept dst4=0.0.0.0/0").destination.index() == 1);
  }

  TEST_CASE("bits behind the prefix do not count, and names are compared as DNS does") {
    EXPECT(std::get<base::IpPrefix>(rule("action=accept dst4=10.1.2.3/8").destination) ==
           base::IpPrefix(testing::ip("10.0.0.0"), 8));
    EXPECT(std::get<HostName>(rule("action=accept dsthost=WWW.Example.com.").destination).text ==
           "www.example.com");
    EXPECT(std::get<HostName>(rule("action=accept dsthost=_sip._tcp.x").destination).text ==
           "_sip._tcp.x");
  }

  TEST_CASE("a key that is not known is never passed over") {
    for (const std::string_view text :
         {"action=accept dpi=NO", "action=accept expire=1700000000", "action=accept comment=x",
          "action=accept srcports=1-2", "action=accept Proto=tcp",
          "action=accept =", "action=accept x=y"}) {
      EXPECT(problem(text).contains("unknown key"));
    }
  }

  TEST_CASE("what is not in the grammar is refused and named") {
    EXPECT(problem("") == "\"\" is no key=value");
    EXPECT(problem("accept").contains("no key=value"));
    EXPECT(problem("proto=tcp action=accept") == "\"proto=tcp\" stands where the action must be");
    EXPECT(problem("action=allow") == "\"action=allow\" is neither accept nor drop");
    EXPECT(problem("action=accept ").contains("no key=value"));
    EXPECT(problem("action=accept  proto=tcp").contains("no key=value"));
    EXPECT(problem("action=accept\tproto=tcp").contains("neither accept nor drop"));
    EXPECT(problem("action=accept\n").contains("neither accept nor drop"));
    EXPECT(problem("action=accept proto=gre").contains("none of tcp, udp and icmp"));
    EXPECT(problem("action=accept specialtarget=ntp").contains("is not dns"));
    EXPECT(problem("action=accept action=drop").contains("on top of another"));
    EXPECT(problem("action=accept proto=tcp proto=udp").contains("on top of another"));
    EXPECT(problem("action=accept dst4=10.0.0.0/8 dsthost=a").contains("on top of another"));
  }

  TEST_CASE("destinations are whole and of the right family") {
    for (const std::string_view value :
         {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "010.0.0.0/8", "10.0.0.0/", "10.0.0.0/8/8",
          "10.0.0.0/+8", "10.0.0.0/-1", "2001:db8::/32", "", "/8", "host/8"}) {
      CAPTURE(value);
      EXPECT(problem("action=accept dst4=" + std::string(value)) != "");
    }
    for (const std::string_view value :
         {"::ffff:10.0.0.1/129", "::ffff:10.0.0.1/95", "::ffff:10.0.0.1/", "::ffff:10.0.0.1/128x",
          "::ffff:10.0.0.1", "2001:db8::/129", "2001:db8::", "10.0.0.0/8"}) {
      CAPTURE(value);
      EXPECT(problem("action=accept dst6=" + std::string(value), Family::kIpv6) != "");
    }
    EXPECT(problem("action=accept dst6=2001:db8::/32").contains("other address family"));
    EXPECT(
        problem("action=accept dst4=10.0.0.0/8", Family::kIpv6).contains("other address family"));
  }

  TEST_CASE("host names are labels of letters, digits, - and _") {
    const std::string label(63, 'a');
    EXPECT(problem("action=accept dsthost=" + label + "." + label).empty());
    for (const std::string& value :
         {std::string(""), std::string("."), std::string("a..b"), std::string(".a"),
          std::string("a b"), std::string("a;b"), std::string("a/b"), std::string("\xc3\xa4"),
          std::string("*.a"), label + "a", label + "." + label + "." + label + "." + label}) {
      CAPTURE(value);
      EXPECT(problem("action=accept dsthost=" + value) != "");
    }
  }

  TEST_CASE("ports are a range, for TCP and UDP only") {
    for (const std::string_view value :
         {"80", "80-", "-80", "81-80", "0-65536", "a-b", "1-2-3", "", "80 -81"}) {
      CAPTURE(value);
      EXPECT(problem("action=accept proto=tcp dstports=" + std::string(value)) != "");
    }
    EXPECT(problem("action=accept proto=icmp dstports=1-2").contains("dstports"));
    EXPECT(problem("action=accept dstports=1-2").empty());
  }

  TEST_CASE("ICMP types need proto=icmp and fit a byte") {
    for (const std::string_view value : {"256", "-1", "", "echo", "8 "}) {
      EXPECT(problem("action=accept proto=icmp icmptype=" + std::string(value)) != "");
    }
    EXPECT(problem("action=accept icmptype=8").contains("without proto=icmp"));
    EXPECT(problem("action=accept proto=tcp icmptype=8").contains("without proto=icmp"));
    EXPECT(problem("action=accept proto=icmp specialtarget=dns").contains("specialtarget"));
  }
}

}  // namespace
}  // namespace sallyport::net
