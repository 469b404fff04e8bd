#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sallyport::xen {

// What failed and why, as one sentence for a person. It names no value that a guest wrote.
struct Error {
  std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

// Ends in the text of the current errno.
std::unexpected<Error> system_error(std::string_view what);
std::unexpected<Error> error(std::string_view what);

}  // namespace sallyport::xen
