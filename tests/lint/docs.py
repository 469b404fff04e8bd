#!/usr/bin/env python3
"""docs.py BINARY: the documents say what is there. Sections that code and documents cite exist, links and paths lead
somewhere, tests and names of the code that are named exist, and the manual page has every command and flag that BINARY's --help prints, and no
other."""
import itertools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MANUAL = DOCS / "sallyport.1"
# Pages that name tests as their proof: what they quote, if it is a sentence, is a test or a section.
PROOFS = ["security.md", "mistakes.md", "qubes.md"]
SENTENCE_WORDS = 5


def sources():
    """Text files of ours that may cite something; test data is not ours."""
    for folder in ("src", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            data = {"data", "corpus", "__pycache__"} & set(path.relative_to(ROOT).parts)
            if path.is_file() and not data and (path.suffix in (".h", ".cpp", ".py", ".sh", "") or path.name == "meson.build"):
                yield path
    yield from (ROOT / "meson.build", ROOT / "meson_options.txt")


def pages():
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def in_one_line(text):
    """Comments and paragraphs without their line ends."""
    return re.sub(r"\s*\n\s*(//|#)?\s*", " ", text)


def headings(page):
    return {match[1].strip() for match in re.finditer(r"^#+ (.+)$", page.read_text(), re.M)}


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def cited_sections():
    """(who, page, section) for each page that is named with a section in quotes behind a comma."""
    for path in itertools.chain(sources(), pages()):
        for match in re.finditer(r'\b(\w+\.md), "([^"]+)"', in_one_line(path.read_text())):
            yield path, match[1], match[2]


def check_sections():
    for count, (path, page, section) in enumerate(cited_sections(), 1):
        target = DOCS / page
        if not target.is_file():
            yield f"{path.relative_to(ROOT)} cites {page}, which is not in docs/"
        elif section not in headings(target):
            yield f"{path.relative_to(ROOT)} cites {page}, \"{section}\", and there is no such section"
    for path in sources():
        for match in re.finditer(r"\breference,? (?:section|requirement|R)s? ?\d", in_one_line(path.read_text()), re.I):
            yield f"{path.relative_to(ROOT)} cites a {match[0]}: cite a page of docs/, an RFC, or a header"
    print(f"{count} sections are cited")


def check_links():
    count = 0
    for page in pages():
        for match in re.finditer(r"\]\(([^)\s]+)\)", page.read_text()):
            if re.match(r"[a-z]+:", match[1]):
                yield f"{page.relative_to(ROOT)} links to {match[1]}: only files of ours are linked, they stay"
                continue
            count += 1
            name, _, fragment = match[1].partition("#")
            target = (page.parent / name) if name else page
            if not target.exists():
                yield f"{page.relative_to(ROOT)} links to {match[1]}, which does not exist"
            elif fragment and fragment not in map(anchor, headings(target)):
                yield f"{page.relative_to(ROOT)} links to {match[1]}, and there is no such section"
    print(f"{count} links")


def check_paths():
    """Paths written out, also with *, {a,b}, or a NAME to be filled in. In code only those of files: the others may be of
    a build folder."""
    count = 0
    for path in itertools.chain(sources(), pages()):
        for match in re.finditer(r"(?<![\w/.])(?:(?:src|tests)/[\w./*{},-]*[\w*}]|docs/[\w*]+\.\w+)", path.read_text()):
            if path.suffix != ".md" and not re.search(r"\.(h|cpp|py|sh|md|txt|pcap|1)$", match[0]):
                continue
            count += 1
            written = re.sub(r"\bNAME(?=_|$|/)", "*", match[0])
            choices = re.search(r"\{([^}]*)\}", written)
            names = [written.replace(choices[0], word) for word in choices[1].split(",")] if choices else [written]
            for name in names:
                if not any(ROOT.glob(name)):
                    yield f"{path.relative_to(ROOT)} speaks of {name}, which does not exist"
    print(f"{count} paths")


def test_names():
    """All text of the tests' code, with string literals that are cut in pieces made whole."""
    code = "\n".join(path.read_text() for path in sources() if "tests" in path.relative_to(ROOT).parts[:1])
    return re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*"', "", code))


def check_tests():
    names, count = test_names(), 0
    sections = set().union(*map(headings, DOCS.glob("*.md")))
    for page in PROOFS:
        for paragraph in re.split(r"\n\s*\n|\n(?=[-|])", (DOCS / page).read_text()):
            text = re.sub(r"\s+", " ", paragraph)
            if text.count('"') % 2:
                yield f"docs/{page}: quotes do not pair in: {text[:100]}"
                continue
            for quoted in text.split('"')[1::2]:
                if len(quoted.split()) < SENTENCE_WORDS or quoted in sections:
                    continue
                count += 1
                if f'"{quoted}' not in names:
                    yield f"docs/{page} names the test \"{quoted}\", and there is none"
    print(f"{count} tests are named")


def check_names():
    """What a page calls by its full name is in the code: Class::member, layer::thing."""
    words = set(re.findall(r"\w+", "\n".join(path.read_text() for path in sources() if path.suffix in (".h", ".cpp"))))
    count = 0
    for page in pages():
        for name in set(re.findall(r"\b[A-Za-z_]\w*(?:::\w+)+", page.read_text())):
            count += 1
            if missing := [part for part in name.split("::") if part not in words]:
                yield f"{page.relative_to(ROOT)} speaks of {name}, and nothing is called {missing[0]}"
    print(f"{count} names of the code")


def help_of(binary, *command):
    return subprocess.run([binary, *command, "--help"], check=True, capture_output=True, text=True).stdout


def commands_of(text):
    return re.findall(r"^  (\w+)\s", text.partition("Subcommands:")[2], re.M)


def words_of(text):
    """Flags, and the words that a positional argument may be."""
    options = text.partition("Positionals:")[2] or text.partition("Options:")[2]
    flags = {flag for line in re.findall(r"^  (-\S+)", options, re.M) for flag in line.split(",")}
    choices = {word for group in re.findall(r"^  \w+ TEXT:\{([^}]*)\}", options, re.M) for word in group.split(",")}
    return flags, choices


def manual_flags(text):
    """mdoc's "Fl h" is -h, and "Fl -help" is --help."""
    return {"-" + flag for flag in re.findall(r"\bFl (-?[\w-]+)", text)}


def check_manual(binary):
    manual = MANUAL.read_text()
    overview = help_of(binary)
    commands = commands_of(overview)
    description = manual.partition(".Sh DESCRIPTION\n")[2].partition("\n.Sh ")[0]
    begins = {command: re.search(rf"^\.It Cm {command}\b", description, re.M) for command in commands}
    general = words_of(overview)[0]
    count = len(general)
    for flag in sorted(general - manual_flags(description)):
        yield f"docs/sallyport.1 lacks the flag {flag}"
    for command in commands:
        if begins[command] is None:
            yield f"docs/sallyport.1 lacks the command {command}"
            continue
        later = [match.start() for match in begins.values() if match and match.start() > begins[command].start()]
        part = description[begins[command].start():min(later, default=description.rfind(".El\n.Pp"))]
        flags, choices = words_of(help_of(binary, command))
        flags -= general
        count += 1 + len(flags) + len(choices)
        for flag in sorted(flags - manual_flags(part)):
            yield f"docs/sallyport.1 lacks {command} {flag}"
        for flag in sorted(manual_flags(part) - flags - general):
            yield f"docs/sallyport.1 has {command} {flag}, which the program does not know"
        for word in sorted(word for word in choices if not re.search(rf"\bCm {word}\b", part)):
            yield f"docs/sallyport.1 lacks {command} {word}"
    if not commands or count < 2 * len(commands):
        yield f"nothing was understood of {binary} --help"
    print(f"{count} commands, flags and words in --help")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    checks = (check_sections(), check_links(), check_paths(), check_tests(), check_names(), check_manual(sys.argv[1]))
    problems = [problem for check in checks for problem in check]
    print("\n".join(problems), end="\n" if problems else "")
    return bool(problems)


sys.exit(main())
