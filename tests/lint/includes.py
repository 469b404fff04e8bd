#!/usr/bin/env python3
"""includes.py: a file that uses a name of the standard library includes its header, itself or by a header of ours. What one library's
headers bring along by chance another's do not: gcc 14 (Debian 13) stopped at what gcc 12 (Debian 12) took."""
import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {
    "algorithm": r"std::(?:ranges::)?(?:find(?:_if)?|sort|copy_n|any_of|all_of|none_of|fill|clamp|min|max|equal|count_if|lower_bound|remove_if)\b",
    "array": r"std::array\b",
    "atomic": r"std::atomic\b",
    "bit": r"std::(?:bit_cast|countr_zero|popcount|bit_width|bit_ceil|endian)\b",
    "charconv": r"std::(?:from_chars|to_chars)\b",
    "chrono": r"std::chrono\b",
    "cstdint": r"std::u?int(?:8|16|32|64)_t\b",
    "cstdlib": r"std::(?:abort|exit|getenv|strtoul?l?)\b",
    "cstring": r"std::(?:memcpy|memset|memcmp|memmove|strlen|strerror)\b",
    "deque": r"std::deque\b",
    "expected": r"std::(?:expected|unexpected)\b",
    "functional": r"std::function\b",
    "limits": r"std::numeric_limits\b",
    "map": r"std::map\b",
    "memory": r"std::(?:unique_ptr|make_unique|shared_ptr)\b",
    "optional": r"std::(?:optional|nullopt)\b",
    "set": r"std::set\b",
    "span": r"std::span\b",
    "string": r"std::string\b",
    "string_view": r"std::string_view\b",
    "unordered_map": r"std::unordered_map\b",
    "variant": r"std::(?:variant|visit|monostate)\b",
    "vector": r"std::vector\b",
}
# Headers that cannot do without what another one declares.
BRINGS = {"chrono": {"cstdint"}, "string": {"string_view"}}


@functools.cache
def included(path):
    text, found = path.read_text(), set()
    for name in re.findall(r"^#include <([^>]+)>", text, re.M):
        found |= {name} | BRINGS.get(name, set())
    for name in re.findall(r'^#include "([^"]+)"', text, re.M):
        for place in (ROOT / "src" / name, ROOT / "tests" / name, path.parent / name):
            if place.is_file():
                found |= included(place)
                break
    return found


def problems():
    count = 0
    for path in sorted(p for folder in ("src", "tests") for p in (ROOT / folder).rglob("*") if p.suffix in (".h", ".cpp")):
        count += 1
        code = re.sub(r"//.*", "", path.read_text())
        for header, names in NAMES.items():
            if header not in included(path) and (used := re.search(rf"\b{names}", code)):
                yield f"{path.relative_to(ROOT)} says {used[0]} without <{header}>"
    print(f"{count} files")


found = list(problems())
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found))
