#include "test_data.h"

#include <fstream>
#include <iterator>

#include "base/check.h"

namespace sallyport::testing {

std::string read_test_data(std::string_view name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/" + std::string(name), std::ios::binary);
  CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace sallyport::testing
