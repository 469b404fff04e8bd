// A packet's offload as vchan's header, and back.
#pragma once

#include "net/offload.h"
#include "xen/packet_stream.h"

namespace sallyport::daemon {

xen::PacketHeader header_of(const net::Offload& offload, std::size_t length);
net::Offload offload_of(const xen::PacketHeader& header);

}  // namespace sallyport::daemon
