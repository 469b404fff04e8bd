#include "xen/gnttab.h"

extern "C" {
#include <xengnttab.h>
}
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xen/xen.h>

#include <algorithm>

#include "netback/rx_batch.h"

namespace sallyport::xen {
namespace {

// The largest batch there is; a longer one would be cut into several calls.
constexpr std::size_t kMaxSegments = netback::RxBatch::kMaxCopies;

}  // namespace

struct GrantTable::Segments {
  std::array<xengnttab_grant_copy_segment_t, kMaxSegments> of;
};

void GrantTable::FreeSegments::operator()(Segments* segments) const {
  delete segments;
}

void GrantTable::MappedRing::Unmap::operator()(void* page) const {
  xengnttab_unmap(table, page, 1);
}

netback::RingPage GrantTable::MappedRing::page() const {
  constexpr std::size_t kWords = netback::kPageSize / sizeof(std::uint32_t);
  return netback::RingPage(static_cast<std::uint32_t*>(page_.get()), kWords);
}

void GrantTable::Close::operator()(xengntdev_handle* handle) const {
  xengnttab_close(handle);
}

GrantTable::GrantTable(xengntdev_handle* handle) : handle_(handle), segments_(new Segments) {}

Result<GrantTable> GrantTable::open() {
  xengntdev_handle* const handle = xengnttab_open(nullptr, 0);
  if (handle == nullptr)
    return system_error("cannot open /dev/xen/gntdev (is the module xen-gntdev loaded?)");
  return GrantTable(handle);
}

Result<GrantTable::MappedRing> GrantTable::map_ring(netback::DomainId domain,
                                                    netback::GrantRef ref) {
  void* const page =
      xengnttab_map_grant_ref(handle_.get(), domain.value(), ref.value(), PROT_READ | PROT_WRITE);
  if (page == nullptr) return system_error("cannot map a ring");
  return MappedRing(page, handle_.get());
}

template <class Copies, class Fill>
void GrantTable::run(Copies copies, Fill fill) {
  while (!copies.empty()) {
    const auto now = copies.first(std::min(copies.size(), kMaxSegments));
    copies = copies.subspan(now.size());
    auto segment = segments_->of.begin();
    for (const auto& copy : now) fill(copy, *segment++);
    if (xengnttab_grant_copy(handle_.get(), static_cast<std::uint32_t>(now.size()),
                             segments_->of.data()) != 0) {
      continue;
    }
    segment = segments_->of.begin();
    for (auto& copy : now) copy.done = (segment++)->status == GNTST_okay;
  }
}

void GrantTable::copy_from(netback::DomainId domain, std::span<netback::CopyFromGuest> copies) {
  run(copies, [&](const netback::CopyFromGuest& copy, xengnttab_grant_copy_segment_t& segment) {
    segment = {};
    segment.source.foreign.ref = copy.ref.value();
    segment.source.foreign.offset = copy.offset;
    segment.source.foreign.domid = domain.value();
    segment.dest.virt = copy.local.data();
    segment.len = static_cast<std::uint16_t>(copy.local.size());
    segment.flags = GNTCOPY_source_gref;
  });
}

void GrantTable::copy_to(netback::DomainId domain, std::span<netback::CopyToGuest> copies) {
  run(copies, [&](const netback::CopyToGuest& copy, xengnttab_grant_copy_segment_t& segment) {
    segment = {};
    segment.source.virt = const_cast<std::uint8_t*>(copy.local.data());
    segment.dest.foreign.ref = copy.ref.value();
    segment.dest.foreign.offset = copy.offset;
    segment.dest.foreign.domid = domain.value();
    segment.len = static_cast<std::uint16_t>(copy.local.size());
    segment.flags = GNTCOPY_dest_gref;
  });
}

}  // namespace sallyport::xen
