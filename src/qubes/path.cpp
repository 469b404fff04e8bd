#include "qubes/path.h"

#include <algorithm>

namespace sallyport::qubes {
namespace {

// Not isalnum(): that would ask the locale.
bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.:/@-").contains(c);
}

}  // namespace

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= kMaxPath && std::ranges::all_of(text, is_allowed);
}

bool is_tree(std::string_view path) {
  return path.ends_with('/');
}

bool overlap(std::string_view one, std::string_view other) {
  return one == other || (is_tree(one) && other.starts_with(one)) ||
         (is_tree(other) && one.starts_with(other));
}

}  // namespace sallyport::qubes
