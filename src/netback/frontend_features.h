// What a frontend says it can take from us. Unset is the least.
#pragma once

#include "netback/offload.h"

namespace sallyport::netback {

struct FrontendFeatures {
  bool sg = false;                 // feature-sg: frames of more than one page
  bool gso_tcpv4 = false;          // feature-gso-tcpv4
  bool gso_tcpv6 = false;          // feature-gso-tcpv6
  bool ipv4_csum_offload = false;  // no feature-no-csum-offload: blank IPv4 TCP and UDP checksums
  bool ipv6_csum_offload = false;  // feature-ipv6-csum-offload: the same for IPv6
  bool rx_notify = false;          // feature-rx-notify: says when it has posted pages, if asked

  // Super-packets of that kind; those of more than a page need sg besides.
  bool accepts(Gso gso) const {
    return gso == Gso::kNone || (gso == Gso::kTcp4 ? gso_tcpv4 : gso_tcpv6);
  }

  friend bool operator==(const FrontendFeatures&, const FrontendFeatures&) = default;
};

}  // namespace sallyport::netback
