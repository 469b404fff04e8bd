#include "openvpn/profile/option_table.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::openvpn {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHonoured:
      return "honoured";
    case Verdict::kIgnored:
      return "ignored";
    case Verdict::kRefused:
      return "refused";
  }
  CHECK(false);
}

std::optional<std::string> OptionRow::objection_to_count(std::size_t count) const {
  if (count >= arguments.minimum && count <= arguments.maximum) return std::nullopt;
  const bool unlimited = arguments.maximum == kMany;
  std::string wanted = (unlimited ? "at least " : "") + std::to_string(arguments.minimum);
  if (!unlimited && arguments.maximum != arguments.minimum)
    wanted += " to " + std::to_string(arguments.maximum);
  return "it takes " + wanted + (wanted.ends_with('1') ? " value, not " : " values, not ") +
         std::to_string(count);
}

const OptionRow* find_option(std::string_view name) {
  for (const auto rows : {honoured_options(), ignored_options(), refused_options()}) {
    const auto row = std::ranges::find(rows, name, &OptionRow::name);
    if (row != rows.end()) return &*row;
  }
  return nullptr;
}

}  // namespace sallyport::openvpn
