// What lies in a netif ring, bit for bit (xen/io/netif.h, xen/io/ring.h), in the machine's own byte
// order: both ends run on one machine. Tx is from the guest to us, Rx from us to the guest, as
// everywhere in Xen. tests/unit/netback/wire_test.cpp compares all of it with Xen's own header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "netback/xen_ids.h"

namespace sallyport::netback {

// Pages of the ring protocols and of grants are 4 KiB whatever the processor's are.
inline constexpr std::size_t kPageSize = 4096;

// XEN_NETIF_NR_SLOTS_MIN: the slots with data that a packet may have and every backend takes.
inline constexpr std::size_t kMaxDataSlots = 18;
// XEN_NETIF_MAX_TX_SIZE: a guest's frame with its Ethernet header.
inline constexpr std::size_t kMaxTxFrame = 0xffff;
// Our frames: a whole IP packet behind an Ethernet header.
inline constexpr std::size_t kMaxRxFrame = 0xffff + 14;
inline constexpr std::size_t kEthernetHeader = 14;

// NETTXF_*
struct TxFlags {
  static constexpr std::uint16_t kCsumBlank = 1;
  static constexpr std::uint16_t kDataValidated = 2;
  static constexpr std::uint16_t kMoreData = 4;
  static constexpr std::uint16_t kExtraInfo = 8;
};

// NETRXF_*. Not the same bits as TxFlags.
struct RxFlags {
  static constexpr std::uint16_t kDataValidated = 1;
  static constexpr std::uint16_t kCsumBlank = 2;
  static constexpr std::uint16_t kMoreData = 4;
  static constexpr std::uint16_t kExtraInfo = 8;
};

// NETIF_RSP_*. An Rx response carries the bytes in its slot, at least 0, in place of kOkay.
struct RspStatus {
  static constexpr std::int16_t kError = -1;
  static constexpr std::int16_t kOkay = 0;
  // In the slot of an extra-info.
  static constexpr std::int16_t kNull = 1;
};

// XEN_NETIF_EXTRA_TYPE_*
struct ExtraType {
  static constexpr std::uint8_t kGso = 1;
  static constexpr std::uint8_t kMcastAdd = 2;
  static constexpr std::uint8_t kMcastDel = 3;
  static constexpr std::uint8_t kHash = 4;
};

// XEN_NETIF_EXTRA_FLAG_MORE
inline constexpr std::uint8_t kExtraMore = 1;

// XEN_NETIF_GSO_TYPE_*
struct GsoType {
  static constexpr std::uint8_t kTcp4 = 1;
  static constexpr std::uint8_t kTcp6 = 2;
};

struct TxRequest {
  GrantRef gref;
  std::uint16_t offset = 0;  // in the granted page
  std::uint16_t flags = 0;   // TxFlags
  std::uint16_t id = 0;
  // Of the whole packet in its first slot; of the slot's own data in the others.
  std::uint16_t size = 0;
};

struct TxResponse {
  std::uint16_t id = 0;
  std::int16_t status = 0;  // RspStatus
};

struct RxRequest {
  std::uint16_t id = 0;
  std::uint16_t pad = 0;
  GrantRef gref;
};

struct RxResponse {
  std::uint16_t id = 0;
  std::uint16_t offset = 0;  // of the data in the granted page
  std::uint16_t flags = 0;   // RxFlags
  std::int16_t status = 0;   // bytes, or RspStatus::kError
};

// netif_extra_info with its GSO member; the bytes behind `flags` mean something else for other
// types.
struct ExtraInfo {
  std::uint8_t type = 0;   // ExtraType
  std::uint8_t flags = 0;  // kExtraMore
  std::uint16_t gso_size = 0;
  std::uint8_t gso_type = 0;  // GsoType
  std::uint8_t pad = 0;
  std::uint16_t gso_features = 0;
};

// An extra-info in a Tx slot, which is larger than one of Rx.
struct TxExtraSlot {
  ExtraInfo extra;
  std::array<std::uint8_t, 4> padding{};
};

}  // namespace sallyport::netback
