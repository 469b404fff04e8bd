// Entries of a QubesDB, as last heard of: values under paths, as they came. What they mean is in
// settings.h.
#pragma once

#include <cstddef>
#include <map>
#include <ranges>
#include <string>
#include <string_view>

namespace sallyport::qubes {

class Database {
 public:
  using Entries = std::map<std::string, std::string, std::less<>>;

  // A gateway of 256 clients with 30 rules each has about 8,000 entries of 80 bytes. Whoever has
  // more than this is not dom0, or is not well.
  static constexpr std::size_t kMaxEntries = 16'384;
  static constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;  // of paths and values

  // False when it would be too much; then nothing has changed.
  [[nodiscard]] bool write(std::string_view path, std::string_view value);
  // One entry, or all in a tree. It need not be there.
  void remove(std::string_view path);
  void clear();

  // Nothing when there is no such entry.
  const std::string* find(std::string_view path) const;
  // All entries whose path begins with `prefix`, in the order of their paths.
  std::ranges::subrange<Entries::const_iterator> with_prefix(std::string_view prefix) const;
  const Entries& entries() const { return entries_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Entries entries_;
  std::size_t bytes_ = 0;
};

}  // namespace sallyport::qubes
