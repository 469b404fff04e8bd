#include <set>

#include "gateway/dns_policy.h"
#include "gateway/mss_policy.h"
#include "gateway/refusal.h"
#include "gateway/state.h"
#include "openvpn/data/data_key.h"
#include "test.h"

namespace sallyport::gateway {
namespace {

using openvpn::OuterPath;
using openvpn::Transport;
using openvpn::TunnelOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;

base::IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}
base::Instant at(int second) {
  return base::Instant(seconds(second));
}

TEST_SUITE("gateway/state") {
  TEST_CASE("only the connected state lets clients' packets through") {
    for (const State state : {State::kBlocked, State::kResolving, State::kConnecting,
                              State::kConnected, State::kReconnecting}) {
      const Policy policy = policy_for(state);
      EXPECT(policy.seal_inside_packets == (state == State::kConnected));
      EXPECT(policy.deliver_to_clients == (state == State::kConnected));
      EXPECT_FALSE(name_of(state).empty());
    }
    EXPECT_FALSE(Policy{}.seal_inside_packets);
  }

  TEST_CASE("every refusal has a name of its own") {
    std::set<std::string_view> names;
    for (int i = 0; i < static_cast<int>(Refusal::kCount); ++i)
      names.insert(describe(static_cast<Refusal>(i)));
    EXPECT(names.size() == static_cast<std::size_t>(Refusal::kCount));
    EXPECT_FALSE(names.contains(""));
  }
}

TEST_SUITE("gateway/mss_policy") {
  // As OpenVPN: MSS 1400 for AES-256-GCM over UDPv4 with the
  // default.
  TEST_CASE("follows OpenVPN's arithmetic") {
    const openvpn::SealRoom v2{.front = 24};
    const OuterPath udp4, udp6{true, Transport::kUdp}, tcp4{false, Transport::kTcp};
    TunnelOptions options;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1440);
    EXPECT(tcp_packet_limit(options, udp6, v2) == 1420);
    EXPECT(tcp_packet_limit(options, tcp4, v2) == 1426);
    options.mssfix = 1450;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1426);
    options.mssfix_counts_outer_headers = true;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1398);
    options = {};
    options.mssfix = 1300;
    options.mssfix_fixed = true;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1300);
    options.mssfix = 0;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1500);
    options = {};
    options.tun_mtu = 1400;
    EXPECT(tcp_packet_limit(options, udp4, v2) == 1400);
  }

  TEST_CASE("R31: with epochs a packet id is of eight bytes, and a handshake is told so") {
    const openvpn::DataSuite plain{}, epochs{.epochs = true};
    const openvpn::SealRoom four = plain.room(4), eight = epochs.room(4);
    EXPECT(eight.sealed_size(1000) == four.sealed_size(1000) + 4);
    TunnelOptions options;
    EXPECT(tcp_packet_limit(options, {}, eight) == tcp_packet_limit(options, {}, four) - 4);
    options.mssfix = 1300;
    EXPECT(eight.sealed_size(tcp_packet_limit(options, {}, eight)) == 1300);
  }

  TEST_CASE("absurd values end at what TCP needs and the tunnel takes") {
    TunnelOptions options;
    options.mssfix = 1;
    EXPECT(tcp_packet_limit(options, {}, {.front = 24}) == 576);
    options.mssfix = 60000;
    EXPECT(tcp_packet_limit(options, {}, {.front = 24}) == 1500);
  }
}

TEST_SUITE("gateway/dns_policy") {
  TEST_CASE("the second virtual resolver stands for the second real one") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1"), ip("10.139.1.2"), ip("10.137.0.1")});
    policy.set_resolvers({ip("1.1.1.1"), ip("9.9.9.9")});
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(0)) == ip("1.1.1.1"));
    EXPECT(policy.resolver_for(ip("10.139.1.2"), at(0)) == ip("9.9.9.9"));
    EXPECT(policy.resolver_for(ip("10.137.0.1"), at(0)) == ip("1.1.1.1"));
    EXPECT(policy.is_virtual_resolver(ip("10.139.1.2")));
    EXPECT_FALSE(policy.is_virtual_resolver(ip("1.1.1.1")));
  }

  TEST_CASE("one that is asked in vain gives way to the next, one that answers does not") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1")});
    policy.set_resolvers({ip("1.1.1.1"), ip("9.9.9.9")});
    policy.resolver_for(ip("10.139.1.1"), at(0));
    policy.answered(ip("1.1.1.1"));
    policy.resolver_for(ip("10.139.1.1"), at(10));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(11)) == ip("1.1.1.1"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(13)) == ip("9.9.9.9"));
    policy.answered(ip("9.9.9.9"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(20)) == ip("9.9.9.9"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(23)) == ip("1.1.1.1"));
  }

  TEST_CASE("a client that only asks the second one does not cost the first its place") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1"), ip("10.139.1.2")});
    policy.set_resolvers({ip("1.1.1.1"), ip("9.9.9.9")});
    for (int second = 0; second < 60; second += 5) {
      EXPECT(policy.resolver_for(ip("10.139.1.2"), at(second)) == ip("9.9.9.9"));
      policy.answered(ip("9.9.9.9"));
    }
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(60)) == ip("1.1.1.1"));
  }

  TEST_CASE("one of another family in first place does not keep the others from taking turns") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1")});
    policy.set_resolvers({ip("2001:db8::53"), ip("1.1.1.1"), ip("9.9.9.9")});
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(0)) == ip("1.1.1.1"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(3)) == ip("9.9.9.9"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(6)) == ip("1.1.1.1"));
  }

  TEST_CASE("when none answers they take turns, and the first that answers keeps its place") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1")});
    policy.set_resolvers({ip("1.1.1.1"), ip("9.9.9.9")});
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(0)) == ip("1.1.1.1"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(3)) == ip("9.9.9.9"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(6)) == ip("1.1.1.1"));
    policy.answered(ip("1.1.1.1"));
    EXPECT(policy.resolver_for(ip("10.139.1.1"), at(60)) == ip("1.1.1.1"));
  }

  TEST_CASE("without a resolver of the family there is none") {
    DnsPolicy policy;
    policy.set_virtual_resolvers({ip("10.139.1.1")});
    EXPECT_FALSE(policy.resolver_for(ip("10.139.1.1"), at(0)).has_value());
    policy.set_resolvers({ip("2001:db8::53")});
    EXPECT_FALSE(policy.resolver_for(ip("10.139.1.1"), at(0)).has_value());
  }
}

}  // namespace
}  // namespace sallyport::gateway
