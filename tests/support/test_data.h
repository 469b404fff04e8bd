// Files of tests/data, by name.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::testing {

// The whole file; a missing one aborts the test program, since nothing it says would be true.
std::string read_test_data(std::string_view name);

}  // namespace sallyport::testing
