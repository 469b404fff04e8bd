#include "daemon/file_source.h"

#include <filesystem>

#include "io/file.h"
#include "openvpn/profile/profile_files.h"

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

std::expected<std::vector<std::string>, std::string> DiskFiles::list(const std::string& folder,
                                                                     std::size_t limit) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::string name = entry.path().filename();
    if (name.starts_with('.') || !entry.is_regular_file(error)) continue;
    if (names.size() >= limit) return std::unexpected(folder + " holds too many files");
    names.push_back(std::move(name));
  }
  if (error) return std::unexpected("cannot look into " + folder + ": " + error.message());
  return names;
}

// Those that were handed over.
std::expected<std::vector<std::string>, std::string> HandedFiles::list(const std::string& folder,
                                                                       std::size_t) {
  std::vector<std::string> names;
  for (const auto& [path, file] : files_) {
    const std::filesystem::path whole(path);
    if (whole.parent_path() == std::filesystem::path(folder)) names.push_back(whole.filename());
  }
  return names;
}

io::Result<void> HandedFiles::add(const std::string& path, const io::UniqueFd& file) {
  auto content = io::read_file(file, path, openvpn::kMaxBundledFileSize);
  if (!content) return std::unexpected(content.error());
  // What a file takes beside its bytes counts as well.
  size_ += content->size() + path.size() + 100;
  if (size_ > kMaxSize) return io::error("the files are too large together");
  files_.insert_or_assign(path, std::move(*content));
  return {};
}

std::expected<base::SecretBytes, std::string> HandedFiles::read(const std::string& path,
                                                                std::size_t limit) {
  const auto file = files_.find(path);
  if (file == files_.end()) return std::unexpected(path + " was not handed over");
  if (file->second.size() > limit) return std::unexpected(path + " is too large");
  return file->second.clone();
}

std::expected<base::SecretBytes, std::string> RememberingFiles::read(const std::string& path,
                                                                     std::size_t limit) {
  auto content = source_.read(path, limit);
  if (content) contents_.insert_or_assign(path, content->clone());
  return content;
}

std::expected<base::SecretBytes, std::string> RefreshedFiles::read(const std::string& path,
                                                                   std::size_t limit) {
  const std::string folder = std::filesystem::path(path).parent_path();
  for (const std::string& watched : watched_)
    if (path == watched || folder == watched) return now_.read(path, limit);
  const auto known = remembered_.find(path);
  if (known == remembered_.end()) return std::unexpected(path + " was not there before");
  return known->second.clone();
}

}  // namespace sallyport::daemon
