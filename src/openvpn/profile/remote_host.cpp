#include "openvpn/profile/remote_host.h"

#include <algorithm>
#include <cctype>

#include "base/ip_address.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxNameLength = 253;
constexpr std::size_t kMaxLabelLength = 63;

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelLength && label.front() != '-' &&
         std::ranges::all_of(label, [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_');
         });
}

bool looks_like_number(std::string_view label) {
  return label.starts_with("0x") || label.starts_with("0X") ||
         std::ranges::all_of(label, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::optional<std::string> objection_to_remote_host(std::string_view host) {
  if (base::IpAddress::parse(host)) return std::nullopt;
  std::string objection = quoted(host) + " is neither an address nor a host name";
  if (host.empty() || host.size() > kMaxNameLength) return objection;
  if (host.ends_with('.')) host.remove_suffix(1);  // the root, written out
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (!is_label(label)) return objection;
    if (dot == std::string_view::npos) {
      if (looks_like_number(label)) return objection;
      return std::nullopt;
    }
    host.remove_prefix(dot + 1);
  }
}

}  // namespace sallyport::openvpn
