#include "gateway/inside_client.h"

namespace sallyport::gateway {
namespace {

// A browser that opens hundreds of connections while the tunnel is down gets an answer to each; a
// flood does not.
constexpr std::uint32_t kAnswersPerSecond = 1000;
constexpr std::uint32_t kAnswerBurst = 500;

}  // namespace

InsideClient::InsideClient(net::ClientId id, ClientSetup setup)
    : id_(id), setup_(std::move(setup)), answers_(kAnswersPerSecond, kAnswerBurst) {
  net::EthernetHeader{setup_.mac, kGatewayMac, net::EtherType::kIpv4}.write(header4_);
  net::EthernetHeader{setup_.mac, kGatewayMac, net::EtherType::kIpv6}.write(header6_);
}

std::vector<base::IpAddress> InsideClient::known_addresses() const {
  std::vector<base::IpAddress> addresses{setup_.v4};
  if (setup_.v6) addresses.push_back(*setup_.v6);
  return addresses;
}

}  // namespace sallyport::gateway
