#include "openvpn/push/tunnel_draft.h"

#include <algorithm>

namespace sallyport::openvpn {

TunnelHandler find_tunnel_handler(std::string_view name) {
  for (const auto rows : {address_handlers(), route_handlers(), resolver_handlers(),
                          timer_handlers(), link_handlers()}) {
    const auto row = std::ranges::find(rows, name, &TunnelHandlerRow::name);
    if (row != rows.end()) return row->handle;
  }
  return nullptr;
}

}  // namespace sallyport::openvpn
