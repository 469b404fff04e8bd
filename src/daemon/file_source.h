// Where profiles and logins are read from: the disk, or what was handed over to a gateway that may
// open no files any more.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "io/unique_fd.h"

namespace sallyport::daemon {

class FileSource {
 public:
  virtual ~FileSource() = default;
  // The error is a sentence.
  virtual std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                             std::size_t limit) = 0;
  // The names of the files in a folder, at most `limit`; those that begin with a dot are none.
  virtual std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                                    std::size_t limit) = 0;
};

class DiskFiles final : public FileSource {
 public:
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override;
};

// Files that `sallyport ctl reload` opened, by the names that they have for the profiles.
class HandedFiles final : public FileSource {
 public:
  static constexpr std::size_t kMaxFiles = 256;

  // False: there are too many.
  [[nodiscard]] bool add(const std::string& path, io::UniqueFd file);
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override;
  bool empty() const { return files_.empty(); }

 private:
  std::map<std::string, io::UniqueFd> files_;
};

}  // namespace sallyport::daemon
