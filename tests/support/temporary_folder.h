#pragma once

#include <string>
#include <string_view>

namespace sallyport::testing {

// A new folder under the system's temporary one, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes the file, and gives its path.
  std::string file(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace sallyport::testing
