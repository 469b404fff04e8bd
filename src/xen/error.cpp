#include "xen/error.h"

#include <cerrno>
#include <system_error>

namespace sallyport::xen {

std::unexpected<Error> system_error(std::string_view what) {
  return error(std::string(what) + ": " + std::system_category().message(errno));
}

std::unexpected<Error> error(std::string_view what) {
  return std::unexpected(Error{std::string(what)});
}

}  // namespace sallyport::xen
