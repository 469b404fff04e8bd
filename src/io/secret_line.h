// A line that the user types, without showing it when it comes from a terminal.
#pragma once

#include <string>

#include "io/error.h"

namespace sallyport::io {

// From standard input, without its line end. An empty line is an error: nobody meant it.
Result<std::string> read_secret_line();

}  // namespace sallyport::io
