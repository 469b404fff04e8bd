// Built where Xen's own headers are installed: our layout against theirs.
// Xen's headers include none themselves.
#include <stddef.h>
#include <stdint.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#include "netback/shared_ring.h"
#include "netback/wire.h"
#include "netback/xenbus_state.h"
#include "test.h"

namespace sallyport::netback {
namespace {

template <class Ours, class Theirs>
constexpr bool same_size = sizeof(Ours) == sizeof(Theirs);

#define SAME_PLACE(Ours, ours, Theirs, theirs)              \
  EXPECT(offsetof(Ours, ours) == offsetof(Theirs, theirs)); \
  EXPECT(sizeof(Ours::ours) == sizeof(Theirs::theirs))

TEST_SUITE("netback/xen_header") {
  TEST_CASE("every structure has Xen's size and every field its place") {
    EXPECT(same_size<TxRequest, netif_tx_request>);
    SAME_PLACE(TxRequest, gref, netif_tx_request, gref);
    SAME_PLACE(TxRequest, offset, netif_tx_request, offset);
    SAME_PLACE(TxRequest, flags, netif_tx_request, flags);
    SAME_PLACE(TxRequest, id, netif_tx_request, id);
    SAME_PLACE(TxRequest, size, netif_tx_request, size);
    EXPECT(same_size<TxResponse, netif_tx_response>);
    SAME_PLACE(TxResponse, id, netif_tx_response, id);
    SAME_PLACE(TxResponse, status, netif_tx_response, status);
    EXPECT(same_size<RxRequest, netif_rx_request>);
    SAME_PLACE(RxRequest, id, netif_rx_request, id);
    SAME_PLACE(RxRequest, gref, netif_rx_request, gref);
    EXPECT(same_size<RxResponse, netif_rx_response>);
    SAME_PLACE(RxResponse, id, netif_rx_response, id);
    SAME_PLACE(RxResponse, offset, netif_rx_response, offset);
    SAME_PLACE(RxResponse, flags, netif_rx_response, flags);
    SAME_PLACE(RxResponse, status, netif_rx_response, status);
    EXPECT(same_size<ExtraInfo, netif_extra_info>);
    SAME_PLACE(ExtraInfo, type, netif_extra_info, type);
    SAME_PLACE(ExtraInfo, flags, netif_extra_info, flags);
    SAME_PLACE(ExtraInfo, gso_size, netif_extra_info, u.gso.size);
    SAME_PLACE(ExtraInfo, gso_type, netif_extra_info, u.gso.type);
    SAME_PLACE(ExtraInfo, gso_features, netif_extra_info, u.gso.features);
  }

  TEST_CASE("the rings have Xen's header, slots and number of slots") {
    EXPECT(offsetof(netif_tx_sring, req_prod) == SharedRing::kReqProd * 4);
    EXPECT(offsetof(netif_tx_sring, req_event) == SharedRing::kReqEvent * 4);
    EXPECT(offsetof(netif_tx_sring, rsp_prod) == SharedRing::kRspProd * 4);
    EXPECT(offsetof(netif_tx_sring, rsp_event) == SharedRing::kRspEvent * 4);
    EXPECT(offsetof(netif_tx_sring, ring) == SharedRing::kFirstSlot * 4);
    EXPECT(offsetof(netif_rx_sring, ring) == SharedRing::kFirstSlot * 4);
    EXPECT(__CONST_RING_SIZE(netif_tx, kPageSize) == SharedRing::kSlots);
    EXPECT(__CONST_RING_SIZE(netif_rx, kPageSize) == SharedRing::kSlots);
    EXPECT(sizeof(netif_tx_sring_entry) == 4u * static_cast<unsigned>(SharedRing::SlotWords::kTx));
    EXPECT(sizeof(netif_rx_sring_entry) == 4u * static_cast<unsigned>(SharedRing::SlotWords::kRx));
  }

  TEST_CASE("the constants are Xen's") {
    EXPECT(TxFlags::kCsumBlank == NETTXF_csum_blank);
    EXPECT(TxFlags::kDataValidated == NETTXF_data_validated);
    EXPECT(TxFlags::kMoreData == NETTXF_more_data);
    EXPECT(TxFlags::kExtraInfo == NETTXF_extra_info);
    EXPECT(RxFlags::kCsumBlank == NETRXF_csum_blank);
    EXPECT(RxFlags::kDataValidated == NETRXF_data_validated);
    EXPECT(RxFlags::kMoreData == NETRXF_more_data);
    EXPECT(RxFlags::kExtraInfo == NETRXF_extra_info);
    EXPECT(RspStatus::kError == NETIF_RSP_ERROR);
    EXPECT(RspStatus::kOkay == NETIF_RSP_OKAY);
    EXPECT(RspStatus::kNull == NETIF_RSP_NULL);
    EXPECT(ExtraType::kGso == XEN_NETIF_EXTRA_TYPE_GSO);
    EXPECT(ExtraType::kMcastAdd == XEN_NETIF_EXTRA_TYPE_MCAST_ADD);
    EXPECT(ExtraType::kMcastDel == XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
    EXPECT(ExtraType::kHash == XEN_NETIF_EXTRA_TYPE_HASH);
    EXPECT(kExtraMore == XEN_NETIF_EXTRA_FLAG_MORE);
    EXPECT(GsoType::kTcp4 == XEN_NETIF_GSO_TYPE_TCPV4);
    EXPECT(GsoType::kTcp6 == XEN_NETIF_GSO_TYPE_TCPV6);
    EXPECT(kMaxTxFrame == XEN_NETIF_MAX_TX_SIZE);
    EXPECT(kMaxDataSlots == XEN_NETIF_NR_SLOTS_MIN);
    EXPECT(static_cast<int>(XenbusState::kInitWait) == XenbusStateInitWait);
    EXPECT(static_cast<int>(XenbusState::kConnected) == XenbusStateConnected);
    EXPECT(static_cast<int>(XenbusState::kReconfigured) == XenbusStateReconfigured);
  }
}

}  // namespace
}  // namespace sallyport::netback
