#include "qubes/database.h"

#include "qubes/path.h"

namespace sallyport::qubes {

bool Database::write(std::string_view path, std::string_view value) {
  const auto at = entries_.find(path);
  const bool is_new = at == entries_.end();
  if (is_new && entries_.size() == kMaxEntries) return false;
  const std::size_t before = is_new ? 0 : path.size() + at->second.size();
  const std::size_t bytes = bytes_ - before + path.size() + value.size();
  if (bytes > kMaxBytes) return false;
  bytes_ = bytes;
  if (is_new) {
    entries_.emplace(path, value);
  } else {
    at->second = value;
  }
  return true;
}

void Database::remove(std::string_view path) {
  const auto is_meant = [path](std::string_view other) {
    return is_tree(path) ? other.starts_with(path) : other == path;
  };
  auto at = entries_.lower_bound(path);
  while (at != entries_.end() && is_meant(at->first)) {
    bytes_ -= at->first.size() + at->second.size();
    at = entries_.erase(at);
  }
}

void Database::clear() {
  entries_.clear();
  bytes_ = 0;
}

const std::string* Database::find(std::string_view path) const {
  const auto at = entries_.find(path);
  return at == entries_.end() ? nullptr : &at->second;
}

std::ranges::subrange<Database::Entries::const_iterator> Database::with_prefix(
    std::string_view prefix) const {
  const auto begin = entries_.lower_bound(prefix);
  auto end = begin;
  while (end != entries_.end() && end->first.starts_with(prefix)) ++end;
  return {begin, end};
}

}  // namespace sallyport::qubes
