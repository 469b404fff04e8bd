#include "io/resolver.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <netinet/in.h>

#include <cstring>

#include "base/check.h"

namespace sallyport::io {
namespace {

struct FreeDnsBase {
  // Pending requests are dropped without their callbacks.
  void operator()(evdns_base* base) const { ::evdns_base_free(base, /*fail_requests=*/0); }
};
using UniqueDnsBase = std::unique_ptr<evdns_base, FreeDnsBase>;

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

std::vector<base::IpAddress> addresses_of(const evutil_addrinfo* list) {
  std::vector<base::IpAddress> addresses;
  for (const evutil_addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, entry->ai_addr, sizeof v4);
      addresses.push_back(base::IpAddress::v4(ntohl(v4.sin_addr.s_addr)));
    } else if (entry->ai_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, entry->ai_addr, sizeof v6);
      std::array<std::uint8_t, base::IpAddress::kSize> bytes;
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      addresses.push_back(base::IpAddress::v6(bytes));
    }
  }
  return addresses;
}

}  // namespace

struct Resolver::Lookup {
  UniqueDnsBase dns;
  std::function<void(Resolution)> callback;
  Resolution resolution;
  Timer deliver;
  evdns_getaddrinfo_request* request = nullptr;

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

  static void on_result(int code, evutil_addrinfo* list, void* self) {
    auto& lookup = *static_cast<Lookup*>(self);
    lookup.request = nullptr;
    if (code == EVUTIL_EAI_CANCEL) return;
    lookup.resolution.addresses = addresses_of(list);
    if (list != nullptr) ::evutil_freeaddrinfo(list);
    if (lookup.resolution.addresses.empty()) {
      lookup.resolution.failure = code == 0 ? "no address" : ::evutil_gai_strerror(code);
    }
    lookup.deliver.set(base::Duration::zero());
  }
};

Resolver::Resolver(EventLoop& loop) : loop_(loop) {}
Resolver::~Resolver() = default;

void Resolver::start(const std::string& host, ResolveFamily family,
                     std::function<void(Resolution)> callback) {
  cancel();
  lookup_ = std::make_unique<Lookup>(loop_, std::move(callback));
  if (lookup_->dns == nullptr || ::evdns_base_resolv_conf_parse(lookup_->dns.get(), DNS_OPTIONS_ALL,
                                                                "/etc/resolv.conf") != 0) {
    lookup_->resolution.failure = "no usable resolver in /etc/resolv.conf";
    lookup_->deliver.set(base::Duration::zero());
    return;
  }
  // A name server is asked for exactly the profile's name, in its own letters. Libevent would ask
  // one that failed for a name of its own choice, after this many seconds; a look-up ends long
  // before.
  ::evdns_base_set_option(lookup_->dns.get(), "initial-probe-timeout:", "3600");
  ::evdns_base_set_option(lookup_->dns.get(), "randomize-case:", "0");
  ::evdns_base_search_clear(lookup_->dns.get());
  evutil_addrinfo hints{};
  hints.ai_family = family_of(family);
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_protocol = IPPROTO_UDP;
  lookup_->request = ::evdns_getaddrinfo(lookup_->dns.get(), host.c_str(), nullptr, &hints,
                                         Lookup::on_result, lookup_.get());
}

void Resolver::cancel() {
  if (lookup_ && lookup_->request != nullptr) ::evdns_getaddrinfo_cancel(lookup_->request);
  lookup_.reset();
}

}  // namespace sallyport::io
