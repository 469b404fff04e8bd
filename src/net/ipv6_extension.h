// The chain of IPv6 extension headers, for those who cut or join it.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace sallyport::net {

// Where the Next Header field is that names the header at `at`. `packet` is an IPv6 packet that
// parse_packet() accepted, and `at` the start of one of its extension headers or of its transport
// header.
std::size_t next_header_field(base::Bytes packet, std::size_t at);

// Where the part ends that every fragment repeats (RFC 8200 4.5): behind the hop-by-hop and routing
// headers.
std::size_t unfragmentable_size(base::Bytes packet);

}  // namespace sallyport::net
