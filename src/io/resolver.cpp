#include "io/resolver.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>

#include "base/check.h"
#include "io/endpoint.h"

namespace sallyport::io {
namespace {

struct FreeDnsBase {
  // A pending request fails, and its callback runs from the loop later.
  void operator()(evdns_base* base) const { ::evdns_base_free(base, /*fail_requests=*/1); }
};
using UniqueDnsBase = std::unique_ptr<evdns_base, FreeDnsBase>;

struct FreeAddresses {
  void operator()(evutil_addrinfo* list) const { ::evutil_freeaddrinfo(list); }
};
using UniqueAddresses = std::unique_ptr<evutil_addrinfo, FreeAddresses>;

int family_of(ResolveFamily family) {
  switch (family) {
    case ResolveFamily::kAny:
      return AF_UNSPEC;
    case ResolveFamily::kIpv4:
      return AF_INET;
    case ResolveFamily::kIpv6:
      return AF_INET6;
  }
  CHECK(false);
}

// How long a name server has for an answer, and how often it is asked.
constexpr const char* kSeconds = "2";
constexpr const char* kAttempts = "2";

// resolv.conf(5): "nameserver ADDRESS" on a line of its own.
std::vector<std::string> read_name_servers(const std::string& path) {
  std::vector<std::string> servers;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key, server;
    if (words >> key >> server && key == "nameserver") servers.push_back(server);
  }
  return servers;
}

std::vector<base::IpAddress> addresses_of(const evutil_addrinfo* list) {
  std::vector<base::IpAddress> addresses;
  for (const evutil_addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      addresses.push_back(ip_address(entry->ai_addr));
  }
  return addresses;
}

}  // namespace

struct Resolver::Lookup {
  // What libevent holds until it calls back, which it does in any case, and for a look-up that was
  // cancelled only when that is gone.
  struct Ticket {
    Lookup* lookup;
  };

  Ticket* ticket = nullptr;
  UniqueDnsBase dns;
  std::function<void(Resolution)> callback;
  Resolution resolution;
  Timer deliver;

  Lookup(EventLoop& loop, std::function<void(Resolution)> done)
      : dns(::evdns_base_new(loop.handle(), EVDNS_BASE_DISABLE_WHEN_INACTIVE)),
        callback(std::move(done)),
        // By way of the loop, so that the callback may start the next look-up and so destroy this
        // one.
        deliver(loop, [this] {
          const auto finished = std::move(callback);
          // Nothing more is asked of anybody.
          dns.reset();
          finished(std::move(resolution));
        }) {}
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (ticket != nullptr) ticket->lookup = nullptr;
  }

  void ask(const std::string& host, ResolveFamily family) {
    evutil_addrinfo hints{};
    hints.ai_family = family_of(family);
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_protocol = IPPROTO_UDP;
    ticket = new Ticket{this};
    ::evdns_getaddrinfo(dns.get(), host.c_str(), nullptr, &hints, on_result, ticket);
  }

  static void on_result(int code, evutil_addrinfo* list, void* held) {
    const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(held));
    const UniqueAddresses addresses(list);
    if (ticket->lookup != nullptr) ticket->lookup->finish(code, addresses.get());
  }

  void finish(int code, const evutil_addrinfo* list) {
    ticket = nullptr;
    resolution.addresses = addresses_of(list);
    if (resolution.addresses.empty()) {
      resolution.failure = code == 0 ? "no address" : ::evutil_gai_strerror(code);
    }
    deliver.set(base::Duration::zero());
  }
};

Resolver::Resolver(EventLoop& loop, std::string resolv_conf)
    : loop_(loop), resolv_conf_(std::move(resolv_conf)) {}
Resolver::~Resolver() = default;

void Resolver::start(const std::string& host, ResolveFamily family,
                     std::function<void(Resolution)> callback) {
  cancel();
  lookup_ = std::make_unique<Lookup>(loop_, std::move(callback));
  const std::vector<std::string>& servers = name_servers();
  bool usable = false;
  for (const std::string& server : servers) {
    usable = lookup_->dns != nullptr &&
             (::evdns_base_nameserver_ip_add(lookup_->dns.get(), server.c_str()) == 0 || usable);
  }
  if (!usable) {
    lookup_->resolution.failure = "no usable resolver in " + resolv_conf_;
    lookup_->deliver.set(base::Duration::zero());
    return;
  }
  ::evdns_base_set_option(lookup_->dns.get(), "timeout:", kSeconds);
  ::evdns_base_set_option(lookup_->dns.get(), "attempts:", kAttempts);
  // A name server is asked for exactly the profile's name, in its own letters. Libevent would ask
  // one that failed for a name of its own choice, after this many seconds; a look-up ends long
  // before.
  ::evdns_base_set_option(lookup_->dns.get(), "initial-probe-timeout:", "3600");
  ::evdns_base_set_option(lookup_->dns.get(), "randomize-case:", "0");
  ::evdns_base_search_clear(lookup_->dns.get());
  lookup_->ask(host, family);
}

const std::vector<std::string>& Resolver::name_servers() {
  if (reads_) name_servers_ = read_name_servers(resolv_conf_);
  return name_servers_;
}

void Resolver::use_servers(std::vector<base::IpAddress> servers) {
  name_servers();
  reads_ = false;
  if (servers.empty()) return;
  name_servers_.clear();
  for (const base::IpAddress& server : servers) name_servers_.push_back(server.to_string());
}

void Resolver::cancel() {
  lookup_.reset();
}

}  // namespace sallyport::io
