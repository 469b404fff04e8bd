// Paths of QubesDB, such as "/qubes-firewall/10.137.0.5/0000". One that ends in a slash stands for
// everything below it, and is called a tree here; it does not contain the entry without the slash.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::qubes {

// Without the zero byte behind it (qubesdb.h, QDB_MAX_PATH).
inline constexpr std::size_t kMaxPath = 63;

// Begins with a slash, is not too long, and has letters, digits and _.:/@- only.
bool is_path(std::string_view text);

bool is_tree(std::string_view path);

// Whether a change of one may be a change of the other: they are the same, or one is a tree and the
// other is in it.
bool overlap(std::string_view one, std::string_view other);

}  // namespace sallyport::qubes
