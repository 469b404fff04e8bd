#include "net/fragment.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "net/checksum.h"
#include "net/ip_builder.h"
#include "net/ipv6_extension.h"

namespace sallyport::net {
namespace {

using base::store_u16;

constexpr std::uint16_t kMoreFragments4 = 0x2000;
constexpr std::uint16_t kMoreFragments6 = 0x0001;
constexpr std::size_t kFragmentHeader = 8;

// Appends the options that every fragment carries (RFC 791 3.1: the copied flag), padded to a
// multiple of four. Returns the header's new size. parse_packet() has found the options
// well-formed.
std::size_t copy_options(base::Bytes options, base::MutableBytes header, std::size_t size) {
  constexpr std::uint8_t kNoOperation = 1;
  constexpr std::uint8_t kCopied = 0x80;
  while (!options.empty() && options[0] != 0) {
    const std::size_t length = options[0] == kNoOperation ? 1 : options[1];
    if ((options[0] & kCopied) != 0) {
      base::copy_bytes(options.first(length), header.subspan(size));
      size += length;
    }
    options = options.subspan(length);
  }
  return (size + 3) / 4 * 4;
}

}  // namespace

std::optional<Fragmenter> Fragmenter::make(const Packet& packet, std::size_t mtu,
                                           std::uint32_t id) {
  CHECK(packet.bytes.size() == packet.length && !packet.is_fragment() &&
        !packet.offload.needs_checksum);
  if (packet.dont_fragment || packet.fragment_header_at != 0) return std::nullopt;
  Fragmenter fragmenter(packet, id);
  if (packet.is_v4()) {
    fragmenter.make_ipv4_headers();
  } else if (!fragmenter.make_ipv6_header()) {
    return std::nullopt;
  }
  if (mtu < fragmenter.first_header_size_ + 8) return std::nullopt;
  fragmenter.step_ = (mtu - fragmenter.first_header_size_) / 8 * 8;
  const std::size_t data = packet.length - fragmenter.data_at_;
  fragmenter.count_ = (data + fragmenter.step_ - 1) / fragmenter.step_;
  return fragmenter;
}

Fragmenter::Fragmenter(const Packet& packet, std::uint32_t id) : packet_(packet), id_(id) {}

void Fragmenter::make_ipv4_headers() {
  data_at_ = packet_.transport_at;
  const base::Bytes header = packet_.bytes.first(data_at_);
  base::copy_bytes(header, first_header_);
  first_header_size_ = header.size();
  base::copy_bytes(header.first<20>(), later_header_);
  later_header_size_ = copy_options(header.subspan<20>(), later_header_, 20);
  later_header_[0] = static_cast<std::uint8_t>(0x40 | later_header_size_ / 4);
}

bool Fragmenter::make_ipv6_header() {
  data_at_ = unfragmentable_size(packet_.bytes);
  first_header_size_ = later_header_size_ = data_at_ + kFragmentHeader;
  if (first_header_size_ > kMaxHeader) return false;
  base::copy_bytes(packet_.bytes.first(data_at_), first_header_);
  const std::size_t field = next_header_field(packet_.bytes, data_at_);
  first_header_[data_at_] = packet_.bytes[field];
  first_header_[field] = static_cast<std::uint8_t>(IpProtocol::kFragment);
  base::store_u32(first_header_, data_at_ + 4, id_);
  later_header_ = first_header_;
  return true;
}

base::Bytes Fragmenter::header(std::size_t index) const {
  return index == 0 ? base::Bytes(first_header_).first(first_header_size_)
                    : base::Bytes(later_header_).first(later_header_size_);
}

std::size_t Fragmenter::size(std::size_t index) const {
  CHECK(index < count_);
  const std::size_t left = packet_.length - data_at_ - index * step_;
  return header(index).size() + std::min(step_, left);
}

void Fragmenter::write(std::size_t index, base::MutableBytes out) const {
  const base::MutableBytes fragment = out.first(size(index));
  const base::Bytes head = header(index);
  const std::size_t offset = index * step_;
  base::copy_bytes(head, fragment);
  base::copy_bytes(packet_.bytes.subspan(data_at_ + offset, fragment.size() - head.size()),
                   fragment.subspan(head.size()));
  const bool more = index + 1 != count_;
  if (packet_.is_v4()) {
    store_u16(fragment, 2, static_cast<std::uint16_t>(fragment.size()));
    store_u16(fragment, 4, static_cast<std::uint16_t>(id_));
    store_u16(fragment, 6, static_cast<std::uint16_t>(offset / 8 | (more ? kMoreFragments4 : 0)));
    store_u16(fragment, 10, 0);
    store_u16(fragment, 10, internet_checksum(fragment.first(head.size())));
  } else {
    store_u16(fragment, 4,
              static_cast<std::uint16_t>(fragment.size() - ip_header_size(/*v4=*/false)));
    store_u16(fragment, data_at_ + 2,
              static_cast<std::uint16_t>(offset | (more ? kMoreFragments6 : 0)));
  }
}

}  // namespace sallyport::net
