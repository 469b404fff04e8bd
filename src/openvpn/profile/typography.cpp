#include "openvpn/profile/typography.h"

#include <algorithm>
#include <array>

namespace sallyport::openvpn {
namespace {

// In UTF-8: U+2010 to U+2015 and the minus sign.
constexpr std::array<std::string_view, 7> kDashes = {"\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92",
                                                     "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95",
                                                     "\xe2\x88\x92"};
// Single and double ones, of English and German, and the guillemets.
constexpr std::array<std::string_view, 8> kQuotes = {"\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a",
                                                     "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e",
                                                     "\xc2\xab",     "\xc2\xbb"};

template <std::size_t N>
std::string_view prefix_of(std::string_view text, const std::array<std::string_view, N>& prefixes) {
  const auto found = std::ranges::find_if(
      prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
  return found == prefixes.end() ? std::string_view{} : *found;
}

}  // namespace

std::string_view without_typographic_dashes(std::string_view text) {
  std::string_view rest = text;
  bool any = false;
  while (true) {
    const std::string_view dash = prefix_of(rest, kDashes);
    any = any || !dash.empty();
    if (dash.empty() && !rest.starts_with('-')) return any ? rest : text;
    rest.remove_prefix(dash.empty() ? 1 : dash.size());
  }
}

bool begins_with_typographic_quote(std::string_view text) {
  return !prefix_of(text, kQuotes).empty();
}

}  // namespace sallyport::openvpn
