#include "net/ethernet.h"

#include "base/endian.h"

namespace sallyport::net {

void EthernetHeader::write(base::MutableBytes frame) const {
  destination.store(frame, 0);
  source.store(frame, MacAddress::kSize);
  base::store_u16(frame, 2 * MacAddress::kSize, static_cast<std::uint16_t>(type));
}

std::optional<EthernetFrame> parse_ethernet(base::MutableBytes frame) {
  if (frame.size() < EthernetHeader::kSize) return std::nullopt;
  return EthernetFrame{.header = {.destination = MacAddress::load(frame, 0),
                                  .source = MacAddress::load(frame, MacAddress::kSize),
                                  .type = EtherType{base::load_u16(frame, 2 * MacAddress::kSize)}},
                       .payload = frame.subspan(EthernetHeader::kSize)};
}

}  // namespace sallyport::net
