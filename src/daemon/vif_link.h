// A client's link over its vif: frames between netback's form and the gateway's. A frontend that
// takes no super-packets gets their segments, one that takes no partial checksums complete ones.
#pragma once

#include <memory>

#include "daemon/inside_link.h"
#include "net/offload.h"
#include "xen/vif_backend.h"

namespace sallyport::daemon {

class VifLink : public InsideLink {
 public:
  // `backend` outlives the link.
  VifLink(xen::VifBackend& backend, netback::VifId vif, const netback::FrontendFeatures& features)
      : backend_(backend), vif_(vif), features_(features) {}

  net::ClientId client() const { return client_; }
  void set_client(net::ClientId client) { client_ = client; }

  void deliver(const gateway::InsideBatch& batch,
               std::span<const gateway::InsideBatch::Frame> frames) override;
  std::optional<RingStatus> rings() const override;

 private:
  bool takes(const net::Offload& offload, bool v4) const;
  // In software what the frontend does not do.
  void send_finished(std::span<const base::Bytes> pieces, const net::Offload& offload);

  xen::VifBackend& backend_;
  netback::VifId vif_;
  netback::FrontendFeatures features_;
  net::ClientId client_;
};

net::Offload offload_of(const netback::Offload& offload);

}  // namespace sallyport::daemon
