// dhcp-option and dns: which resolvers AppVMs' queries go to, through the tunnel, and which domains
// they search. None of these texts ever reaches a shell, a script or a file name (CVE-2025-10680);
// a domain is held to its character set all the same.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/address_rules.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxDomainLength = 253;  // RFC 1035
constexpr int kMaxServerNumber = 127;
constexpr int kMinServerNumber = -128;

bool is_domain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxDomainLength &&
         std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

// The words from `first` on, as search domains: all of them or none.
Ruling add_domains(const ConfigWords& words, std::size_t first, TunnelDraft& draft) {
  if (words.size() == first) return refused("no domain is given");
  for (std::size_t i = first; i < words.size(); ++i) {
    if (!is_domain(words[i])) return refused(quoted(words[i]) + " is not a domain name");
  }
  auto& domains = draft.options.search_domains;
  for (std::size_t i = first; i < words.size(); ++i) {
    if (std::ranges::find(domains, words[i]) != domains.end()) continue;
    if (domains.size() == TunnelOptions::kMaxSearchDomains) {
      return ignored("only the first " + std::to_string(TunnelOptions::kMaxSearchDomains) +
                     " search domains are kept");
    }
    domains.emplace_back(words[i]);
  }
  return honoured();
}

Ruling add_dhcp_resolver(const ConfigWords& words, TunnelDraft& draft) {
  if (words.size() != 3) return refused("it takes one address");
  const auto address = base::IpAddress::parse(words[2]);
  if (!address) return refused(quoted(words[2]) + " is not an address");
  if (words[1] == "DNS6" && address->is_v4())
    return refused(quoted(words[2]) + " is not an IPv6 address");
  if (const auto objection = objection_to_host(*address)) return refused(*objection);
  if (draft.dhcp_resolvers.size() == TunnelOptions::kMaxDnsServers) {
    return ignored("only the first " + std::to_string(TunnelOptions::kMaxDnsServers) +
                   " resolvers are kept");
  }
  draft.dhcp_resolvers.push_back(*address);
  return honoured();
}

Ruling set_dhcp_option(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view type = words[1];
  if (type == "DNS" || type == "DNS6") return add_dhcp_resolver(words, draft);
  if (type == "DOMAIN" || type == "ADAPTER_DOMAIN_SUFFIX" || type == "DOMAIN-SEARCH")
    return add_domains(words, 2, draft);
  static constexpr std::array<std::string_view, 6> kOthers = {"NTP", "WINS", "NBDD",
                                                              "NBT", "NBS",  "DISABLE-NBT"};
  if (std::ranges::find(kOthers, type) != kOthers.end() || type.starts_with("PROXY_"))
    return ignored("AppVMs learn only of resolvers and domains from the tunnel");
  return ignored(quoted(type) + " is no type that Sallyport knows");
}

// "192.0.2.1", "192.0.2.1:53", "2001:db8::1" or "[2001:db8::1]:53".
Ruling add_server_address(std::string_view text, DnsServer& server) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return refused(quoted(text) + " lacks its ']'");
    host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos)
      return refused(quoted(text) + " is not an IPv6 address in brackets");
    port = text.substr(end + 1);
  } else if (std::ranges::count(text, ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
  }
  const auto address = base::IpAddress::parse(host);
  if (!address) return refused(quoted(text) + " is not an address");
  if (!port.empty() &&
      (port.front() != ':' || !base::parse_number<std::uint16_t>(port.substr(1), 1)))
    return refused(quoted(text) + " does not end in a port");
  if (const auto objection = objection_to_host(*address)) return refused(*objection);
  if (!port.empty() && port != ":53")
    return refused("a resolver on another port than 53 is not supported yet");
  if (server.addresses.size() == TunnelOptions::kMaxDnsServers) {
    return refused("one server has at most " + std::to_string(TunnelOptions::kMaxDnsServers) +
                   " addresses");
  }
  server.addresses.push_back(*address);
  return honoured();
}

Ruling set_server_detail(const ConfigWords& words, DnsServer& server) {
  const std::string_view detail = words[3];
  if (words.size() < 5) return refused("there is nothing behind " + quoted(detail));
  const std::string_view value = words[4];
  if (detail == "address") {
    for (std::size_t i = 4; i < words.size(); ++i) {
      Ruling ruling = add_server_address(words[i], server);
      if (ruling.verdict != Verdict::kHonoured) return ruling;
    }
    return honoured();
  }
  if (detail == "resolve-domains" || detail == "exclude-domains")
    return ignored("all queries go to this server: there is no other way for them");
  if (detail == "sni") return ignored("queries are not sent over TLS");
  if (detail == "dnssec") {
    if (value == "no" || value == "optional")
      return ignored("answers are passed on as they are; AppVMs may validate them");
    return refused("DNSSEC validation cannot be promised, so this server is not used");
  }
  if (detail == "transport") {
    if (value == "plain") return honoured();
    return refused("only plain DNS is spoken, so this server is not used");
  }
  return refused(quoted(detail) + " is nothing that a server can have");
}

Ruling set_dns(const ConfigWords& words, TunnelDraft& draft) {
  if (words[1] == "search-domains") return add_domains(words, 2, draft);
  if (words[1] != "server" || words.size() < 4)
    return refused("it is neither 'search-domains' nor 'server NUMBER' with an address");
  const int minimum = draft.source == OptionSource::kServer ? 0 : kMinServerNumber;
  const auto number = base::parse_number<int>(words[2], minimum, kMaxServerNumber);
  if (!number) {
    return refused(quoted(words[2]) + " is not a number from " + std::to_string(minimum) + " to " +
                   std::to_string(kMaxServerNumber));
  }
  DnsServer& server = draft.dns_servers[*number];
  Ruling ruling = set_server_detail(words, server);
  if (ruling.verdict == Verdict::kRefused) server.refused = true;
  return ruling;
}

constexpr std::array kRows = {
    TunnelHandlerRow{"dhcp-option", set_dhcp_option},
    TunnelHandlerRow{"dns", set_dns},
};

void append_unique(std::vector<base::IpAddress>& resolvers,
                   const std::vector<base::IpAddress>& more) {
  for (const base::IpAddress& address : more) {
    if (resolvers.size() == TunnelOptions::kMaxDnsServers) return;
    if (std::ranges::find(resolvers, address) == resolvers.end()) resolvers.push_back(address);
  }
}

}  // namespace

std::span<const TunnelHandlerRow> resolver_handlers() {
  return kRows;
}

// `dns server` overrides `dhcp-option`, and the lowest number that can be used wins. When each one
// is refused there is no resolver at all: one that the server did not mean for this would be a
// downgrade (docs/protocol.md, "Pushed options").
std::optional<Settlement> settle_resolvers(TunnelDraft& draft) {
  TunnelOptions& options = draft.options;
  if (draft.dns_servers.empty()) {
    if (!options.dns_server_number) append_unique(options.dns_servers, draft.dhcp_resolvers);
    return std::nullopt;
  }
  const bool keeps_earlier =
      options.dns_server_number && !draft.dns_servers.contains(*options.dns_server_number);
  for (const auto& [number, server] : draft.dns_servers) {
    if (keeps_earlier && *options.dns_server_number < number) return std::nullopt;
    if (server.refused || server.addresses.empty()) continue;
    options.dns_server_number = number;
    options.dns_servers.clear();
    append_unique(options.dns_servers, server.addresses);
    return std::nullopt;
  }
  if (keeps_earlier) return std::nullopt;
  options.dns_server_number = draft.dns_servers.begin()->first;
  options.dns_servers.clear();
  return Settlement{"dns", refused("no server that it names can be used, so there is no resolver")};
}

}  // namespace sallyport::openvpn
