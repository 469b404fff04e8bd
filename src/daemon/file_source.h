// Where profiles and logins are read from: the disk, or what was handed over to a gateway that may
// open no files any more.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "io/error.h"
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

// Files that somebody outside of the cage opened, by the names that they have for the profiles.
// They are read as they come, so that many of them are no open files.
class HandedFiles final : public FileSource {
 public:
  static constexpr std::size_t kMaxSize = 64 << 20;  // of all together

  // The error: it cannot be read, or together they are too large.
  io::Result<void> add(const std::string& path, const io::UniqueFd& file);
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override;
  bool empty() const { return files_.empty(); }

 private:
  std::map<std::string, base::SecretBytes> files_;
  std::size_t size_ = 0;
};

using FileContents = std::map<std::string, base::SecretBytes>;

// Reads from another source, and keeps what it read.
class RememberingFiles final : public FileSource {
 public:
  explicit RememberingFiles(FileSource& source) : source_(source) {}
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override {
    return source_.list(folder, limit);
  }
  FileContents take() { return std::move(contents_); }

 private:
  FileSource& source_;
  FileContents contents_;
};

// The `watched` files, and those of watched folders, as they are now; all others as they were.
class RefreshedFiles final : public FileSource {
 public:
  // All are borrowed.
  RefreshedFiles(const FileContents& remembered, const std::vector<std::string>& watched,
                 FileSource& now)
      : remembered_(remembered), watched_(watched), now_(now) {}
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override;
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override {
    return now_.list(folder, limit);
  }

 private:
  const FileContents& remembered_;
  const std::vector<std::string>& watched_;
  FileSource& now_;
};

}  // namespace sallyport::daemon
