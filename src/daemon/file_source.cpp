#include "daemon/file_source.h"

#include "io/file.h"

namespace sallyport::daemon {
namespace {

std::expected<base::SecretBytes, std::string> or_text(io::Result<base::SecretBytes> read) {
  if (!read) return std::unexpected(std::move(read.error().text));
  return std::move(*read);
}

}  // namespace

std::expected<base::SecretBytes, std::string> DiskFiles::read(const std::string& path,
                                                              std::size_t limit) {
  return or_text(io::read_file(path, limit));
}

bool HandedFiles::add(const std::string& path, io::UniqueFd file) {
  if (files_.size() >= kMaxFiles && !files_.contains(path)) return false;
  files_.insert_or_assign(path, std::move(file));
  return true;
}

std::expected<base::SecretBytes, std::string> HandedFiles::read(const std::string& path,
                                                                std::size_t limit) {
  const auto file = files_.find(path);
  if (file == files_.end()) return std::unexpected(path + " was not handed over");
  return or_text(io::read_file(file->second, path, limit));
}

}  // namespace sallyport::daemon
