#!/usr/bin/env python3
"""Asks the installed openvpn program which options it knows, and with how many values.

A configuration of two lines is given to the program: the candidate with N values, and a name that no
version knows. The program stops at the first line it cannot use, so a complaint about line 1 that the
option is unrecognized "or missing or extra parameter(s)" means that it does not take N values; anything
else means that it does. The same inside <connection> tells where the option may stand. Nothing is started:
a line that is not understood ends the program before it acts.

Candidates are all words of the program's own --help, manual page, change log and strings, so that a name
is missed only if it stands in none of them.

Usage: make.py > openvpn-2.6.14.txt     (Debian 12: apt install openvpn binutils)
"""
import concurrent.futures
import gzip
import pathlib
import re
import subprocess
import tempfile

PROGRAM = "/usr/sbin/openvpn"
MANY = 16  # more than the program takes on a line


def output_of(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False).stdout.decode("latin1")


def candidates():
    texts = [output_of(PROGRAM, "--help"), output_of("strings", "-n", "2", PROGRAM)]
    for path in ["/usr/share/man/man8/openvpn.8.gz", "/usr/share/doc/openvpn/changelog.gz"]:
        if pathlib.Path(path).exists():
            texts.append(gzip.open(path, "rt", encoding="latin1").read().replace("\\-", "-"))
    words = re.findall(r"[a-z0-9][a-z0-9-]*", "\n".join(texts))
    return sorted({word for word in words if len(word) < 50 and not word.endswith("-")})


def takes(name, count, in_connection):
    line = " ".join([name] + ["1"] * count)
    text, where = f"{line}\n", r"x:1: "
    if in_connection:
        text, where = f"<connection>\nremote 127.0.0.1\n{line}\n</connection>\n", r"\[CONNECTION-OPTIONS\]:2: "
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x"
        path.write_text(text + "no-version-knows-this\n")
        answer = output_of(PROGRAM, "--config", str(path))
    refused = r"(extra parameter\(s\) in \S*" + where + "|used in this context \\(" + ")"
    return re.search(refused + ("" if in_connection else re.escape(name) + r" \("), answer) is None


def describe(name):
    counts = [count for count in range(MANY + 1) if takes(name, count, False)]
    if not counts:
        return None
    in_connection = any(takes(name, count, True) for count in counts[:3])
    most = "many" if counts[-1] == MANY else counts[-1]
    return f"{name} {counts[0]} {most} {'connection' if in_connection else '-'}"


def main():
    print(f"# Options of {output_of(PROGRAM, '--version').split(' [')[0]}, made by tests/data/options/make.py.")
    print("# name, least and most values, whether it may stand in <connection>")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in pool.map(describe, candidates()):
            if line:
                print(line)


if __name__ == "__main__":
    main()
