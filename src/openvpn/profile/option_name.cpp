#include "openvpn/profile/option_name.h"

#include <algorithm>
#include <cctype>

#include "openvpn/profile/option_table.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/typography.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxNameLength = 40;
// Names have hyphens between their words; hexadecimal and base64 have none.
constexpr std::size_t kMaxWordLength = 20;
constexpr int kMaxDigits = 4;

bool is_digit(unsigned char c) {
  return std::isdigit(c) != 0;
}

// Could this be an option's name, or a typing error in one?
bool looks_like_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameLength || std::isalpha(text.front()) == 0) return false;
  const bool plain = std::ranges::all_of(text.substr(1), [](unsigned char c) {
    return c < 0x80 && (std::islower(c) != 0 || is_digit(c) || c == '-' || c == '_');
  });
  return plain && std::ranges::count_if(text, is_digit) <= kMaxDigits &&
         text.substr(0, text.find('-')).size() <= kMaxWordLength;
}

// "<<<<<<<", "</ca>": the shape is what helps.
bool is_punctuation(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::ispunct(c) != 0; });
}

}  // namespace

std::string shown_option_name(std::string_view name) {
  const std::string_view plain = without_typographic_dashes(name);
  if (plain.size() != name.size()) return plain.empty() ? "--" : shown_option_name(plain);
  std::string_view core = name;
  if (core.starts_with('<') && core.ends_with('>') && core.size() > 2) {
    core.remove_prefix(core[1] == '/' ? 2 : 1);
    core.remove_suffix(1);
  }
  if (find_option(core) != nullptr || looks_like_name(core)) return printable(name);
  if (!name.empty() && is_punctuation(name)) return printable(name, kMaxNameLength);
  return "(no option)";
}

}  // namespace sallyport::openvpn
