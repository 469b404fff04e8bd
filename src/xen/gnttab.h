// Other domains' pages, as far as they granted them to us: rings are mapped, packets are copied by
// the hypervisor. Copying a page that its owner takes back meanwhile fails; a mapped ring stays
// until it is unmapped, and its owner's domain cannot go away before.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "netback/grant_copy.h"
#include "netback/shared_ring.h"
#include "netback/xen_ids.h"
#include "xen/error.h"

struct xengntdev_handle;

namespace sallyport::xen {

class GrantTable {
 public:
  // Unmapped when destroyed; the table outlives it.
  class MappedRing {
   public:
    netback::RingPage page() const;

   private:
    friend class GrantTable;
    struct Unmap {
      xengntdev_handle* table;
      void operator()(void* page) const;
    };
    explicit MappedRing(void* page, xengntdev_handle* table) : page_(page, Unmap{table}) {}

    std::unique_ptr<void, Unmap> page_;
  };

  static Result<GrantTable> open();

  Result<MappedRing> map_ring(netback::DomainId domain, netback::GrantRef ref);

  // Run all copies in one call and mark each that was done.
  void copy_from(netback::DomainId domain, std::span<netback::CopyFromGuest> copies);
  void copy_to(netback::DomainId domain, std::span<netback::CopyToGuest> copies);

 private:
  struct Close {
    void operator()(xengntdev_handle* handle) const;
  };
  // The hypervisor's form of a batch.
  struct Segments;
  struct FreeSegments {
    void operator()(Segments* segments) const;
  };

  explicit GrantTable(xengntdev_handle* handle);
  template <class Copies, class Fill>
  void run(Copies copies, Fill fill);

  std::unique_ptr<xengntdev_handle, Close> handle_;
  std::unique_ptr<Segments, FreeSegments> segments_;
};

}  // namespace sallyport::xen
