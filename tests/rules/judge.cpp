// Judges packets by rule sets, as lines on standard input say, for a comparison with other opinions
// (tests/rules/run.py):
//   host NAME 4|6 ADDRESS...     what that name is
//   set 4|6 POLICY COUNT         followed by COUNT rules, a line each
//   packets COUNT                followed by COUNT lines: tcp|udp ADDRESS PORT, or icmp ADDRESS
//   TYPE
// and prints for each "packets" a line with "a" (accept) or "d" (drop) for each packet.
#include <iostream>
#include <sstream>
#include <string>

#include "base/qubes_ranges.h"
#include "net/rules/rule_set.h"

using namespace sallyport;

namespace {

class Judge {
 public:
  // False: nobody knows what the line means.
  bool take(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "host") return take_host(words);
    if (what == "set") return take_set(words);
    if (what == "packets") return judge(words);
    return false;
  }

 private:
  static net::Family family(const std::string& text) {
    return text == "4" ? net::Family::kIpv4 : net::Family::kIpv6;
  }

  bool take_host(std::istringstream& words) {
    std::string name, version, address;
    words >> name >> version;
    net::HostAddresses::Addresses addresses;
    while (words >> address) addresses.push_back(base::IpAddress::parse(address).value());
    hosts_.set(name, family(version), std::move(addresses));
    return true;
  }

  bool take_set(std::istringstream& words) {
    std::string version, policy;
    std::size_t count = 0;
    words >> version >> policy >> count;
    std::vector<std::string> rules(count);
    for (std::string& rule : rules) std::getline(std::cin, rule);
    auto parsed = net::RuleSet::parse(policy, rules, family(version));
    // What cannot be understood drops everything.
    rules_ = parsed ? std::move(*parsed) : net::RuleSet();
    return true;
  }

  bool judge(std::istringstream& words) {
    std::size_t count = 0;
    words >> count;
    std::string verdicts;
    for (std::string line; count > 0 && std::getline(std::cin, line); --count) {
      std::istringstream packet(line);
      std::string protocol, address;
      unsigned number = 0;
      packet >> protocol >> address >> number;
      net::RuleSubject subject;
      subject.destination = base::IpAddress::parse(address).value();
      subject.to_resolver = subject.destination == base::kVirtualResolver1 ||
                            subject.destination == base::kVirtualResolver2;
      if (protocol == "icmp") {
        subject.protocol = net::RuleProtocol::kIcmp;
        subject.icmp_type = static_cast<std::uint8_t>(number);
      } else {
        subject.protocol = protocol == "tcp" ? net::RuleProtocol::kTcp : net::RuleProtocol::kUdp;
        subject.port = static_cast<std::uint16_t>(number);
      }
      verdicts += rules_.judge(subject, hosts_) == net::RuleAction::kAccept ? 'a' : 'd';
    }
    std::cout << verdicts << std::endl;
    return true;
  }

  net::HostAddresses hosts_;
  net::RuleSet rules_;
};

}  // namespace

int main() {
  Judge judge;
  for (std::string line; std::getline(std::cin, line);) {
    if (!judge.take(line)) return 1;
  }
  return 0;
}
