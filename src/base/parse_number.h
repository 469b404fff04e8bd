// Decimal numbers from files and peers: the whole text, in range, or nothing.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <string_view>

namespace sallyport::base {

// Digits only (a leading '-' for signed types): no blanks, no '+', no hexadecimal, no trailing
// text.
template <std::integral T>
std::optional<T> parse_number(std::string_view text, T minimum = std::numeric_limits<T>::min(),
                              T maximum = std::numeric_limits<T>::max()) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < minimum || value > maximum)
    return std::nullopt;
  return value;
}

}  // namespace sallyport::base
