// The files by which a server shuts somebody out, and what can be seen of a change in them.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "io/folder_watch.h"

namespace sallyport::daemon {

// What stat(2) tells of a file; another version of it has another one.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds
  friend auto operator<=>(const FileStamp&, const FileStamp&) = default;
};
using FileStamps = std::map<std::string, FileStamp>;

// Of `watched` files, and of those in watched folders but for names that begin with a dot. The
// error names one that is not there, or a folder that cannot be looked into.
std::expected<FileStamps, std::string> stamps_of(const std::vector<std::string>& watched);

// Watches the folders in which they stand, and those in which what they link to does.
void watch_folders_of(const std::vector<std::string>& watched, io::FolderWatch& watch);

}  // namespace sallyport::daemon
