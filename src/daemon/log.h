// A line for the journal.
#pragma once

#include <string>

namespace sallyport::daemon {

void log(const std::string& text);

}  // namespace sallyport::daemon
