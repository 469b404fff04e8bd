#include "io/error.h"

#include <cerrno>
#include <system_error>

namespace sallyport::io {

std::unexpected<Error> system_error(std::string_view what) {
  const int code = errno;
  return std::unexpected(Error{std::string(what) + ": " + std::generic_category().message(code)});
}

std::unexpected<Error> error(std::string_view what) {
  return std::unexpected(Error{std::string(what)});
}

}  // namespace sallyport::io
