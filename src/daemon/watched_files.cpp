#include "daemon/watched_files.h"

#include <sys/stat.h>

#include <filesystem>

#include "daemon/file_source.h"
#include "openvpn/server/server_config_reader.h"

namespace sallyport::daemon {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool add_stamp(const std::string& path, FileStamps& stamps) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  stamps[path] = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                  nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
  return true;
}

}  // namespace

std::expected<FileStamps, std::string> stamps_of(const std::vector<std::string>& watched) {
  FileStamps stamps;
  DiskFiles disk;
  for (const std::string& path : watched) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (!add_stamp(path, stamps)) return std::unexpected(path + " is not there");
      continue;
    }
    const auto names = disk.list(path, openvpn::kMaxClientFiles);
    if (!names) return std::unexpected(names.error());
    // One that went meanwhile is gone at the next look, too.
    for (const std::string& name : *names) add_stamp(path + "/" + name, stamps);
  }
  return stamps;
}

void watch_folders_of(const std::vector<std::string>& watched, io::FolderWatch& watch) {
  for (const std::string& path : watched) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    if (std::filesystem::is_directory(path, error)) watch.add(path);
    watch.add(std::filesystem::absolute(path, error).parent_path());
    if (!real.empty()) watch.add(real.parent_path());
  }
}

}  // namespace sallyport::daemon
