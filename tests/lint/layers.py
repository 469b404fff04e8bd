#!/usr/bin/env python3
"""Holds src/ to src/LAYERS: a layer includes itself and what its line allows, vendor headers stay in the layers that
wrap them, no file and no function grows past its limit, and the layer graph has no cycle."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
# Vendor headers and the only layers that may include them; everything else is std or the kernel's.
VENDORS = {
    r"openssl/": {"crypto"},
    r"lz4": {"compression"},
    r"event2?/": {"io"},
    r"xen": {"xen"},
    r"libxenvchan": {"xen"},
    r"nlohmann/": {"daemon"},
    r"CLI/": {"daemon"},
    r"fmt/": {"io", "daemon"},
    r"systemd/": {"io", "daemon"},
    r"seccomp": {"io"},
    r"cap-ng": {"io"},
}
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70


def read_layers():
    layers, pure = {}, set()
    for line in (SRC / "LAYERS").read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, rest = line.partition(":")
        words = rest.split()
        if "pure" in words:
            pure.add(name)
        layers[name] = {w for w in words if w != "pure"}
    return layers, pure


def cycle_in(layers):
    done, path = set(), []

    def visit(layer):
        if layer in path:
            return path[path.index(layer):] + [layer]
        if layer in done:
            return None
        path.append(layer)
        for below in sorted(layers[layer]):
            if found := visit(below):
                return found
        path.pop()
        done.add(layer)
        return None

    for layer in layers:
        if found := visit(layer):
            return found
    return None


def long_functions(text):
    """Bodies that start in column 0, or indented by two in a class, and last longer than the limit."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        opens = line.endswith("{") and "(" in "".join(lines[max(0, number - 6):number]) and ")" in line
        if start is None and opens and indent <= 2 and not re.match(r"\s*(namespace|class|struct|enum|union)\b", line):
            start = (number, indent)
        elif start is not None and line.strip() in ("}", "};") and indent == start[1]:
            if number - start[0] > MAX_FUNCTION_LINES:
                yield start[0], number - start[0]
            start = None


def main():
    layers, _ = read_layers()
    problems = []
    if found := cycle_in(layers):
        problems.append("cycle: " + " -> ".join(found))
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        name, layer = path.relative_to(ROOT), path.relative_to(SRC).parts[0]
        if layer not in layers:
            problems.append(f"{name}: its folder is no layer of src/LAYERS")
            continue
        text = path.read_text()
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include:
                continue
            target = include[2]
            if include[1] == '"':
                other = target.split("/")[0]
                if not (SRC / target).is_file():
                    problems.append(f"{name}:{number}: no such file in src: {target}")
                elif other != layer and other not in layers[layer]:
                    problems.append(f"{name}:{number}: {layer} may not include {other}")
            else:
                for vendor, allowed in VENDORS.items():
                    if re.match(vendor, target) and layer not in allowed:
                        problems.append(f"{name}:{number}: {layer} may not include <{target}>")
        if text.count("\n") > MAX_FILE_LINES:
            problems.append(f"{name}: {text.count(chr(10))} lines, the limit is {MAX_FILE_LINES}")
        for number, length in long_functions(text):
            problems.append(f"{name}:{number}: a function of {length} lines, the limit is {MAX_FUNCTION_LINES}")
    print("\n".join(problems) or f"{len(layers)} layers hold")
    return bool(problems)


sys.exit(main())
