// What is left undone of a frame, between the words of io (virtio's header) and those of net.
#pragma once

#include "io/tap_device.h"
#include "net/offload.h"

namespace sallyport::daemon {

// `link_header`: bytes in front of the IP header, from where virtio counts and net does not.
net::Offload offload_of(const io::VnetHeader& header, std::size_t link_header);
io::VnetHeader vnet_header_of(const net::Offload& offload, std::size_t link_header);

}  // namespace sallyport::daemon
