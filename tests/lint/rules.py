#!/usr/bin/env python3
"""rules.py: every rule of docs/mistakes.md, "The rules, by number", has a test with its number in its name, and every number in a
test's name is a rule of that table."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/mistakes.md"
# The first of them are without a gap.
ALL_UP_TO = 31


def rules():
    return [int(number) for number in re.findall(r"^\| R(\d+) \|", PAGE.read_text(), re.M)]


def tested():
    """number -> names of tests: those that begin with it, as in "R10, R25: ..."."""
    names = {}
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix not in (".cpp", ".py"):
            continue
        for match in re.finditer(r'(?:TEST_CASE|scenario)\(\s*"((?:R\d+(?:, )?)+): ', path.read_text()):
            for number in re.findall(r"\d+", match[1]):
                names.setdefault(int(number), []).append(path)
    return names


def problems():
    listed, names = rules(), tested()
    for number in range(1, ALL_UP_TO + 1):
        if listed.count(number) != 1:
            yield f"docs/mistakes.md has rule R{number} {listed.count(number)} times"
    for number in listed:
        if number not in names:
            yield f"rule R{number} has no test with its number in its name"
    for number in sorted(set(names) - set(listed)):
        yield f"{names[number][0].relative_to(ROOT)} tests R{number}, which docs/mistakes.md does not have"
    print(f"{len(listed)} rules, {sum(map(len, names.values()))} tests")


def main():
    found = list(problems())
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


sys.exit(main())
