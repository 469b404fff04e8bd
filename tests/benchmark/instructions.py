#!/usr/bin/env python3
"""Instructions that the packet path takes for a packet, counted by callgrind for fixed inputs: a guard that needs no clock.

`tests/check cost` compares with instructions.json and fails beyond 5 % either way: what got cheaper is recorded as well, so that it stays so.
To record: tests/benchmark/instructions.py --record build/tests/benchmark/packet-path

Counted apart are the program itself, which is compared where the same compiler made it, and libcrypto, which is compared where it is of the same
series; OpenSSL is told which instruction sets there are, so that the counts do not depend on the machine. The rest is libc's copies."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TABLE = pathlib.Path(__file__).with_name("instructions.json")
TURNS = 4
TOLERANCE = 0.05
MEASURED = "sallyport::benchmark::*::turn()"
# AES-NI, PCLMULQDQ, SSSE3, MOVBE and AVX, and nothing newer.
INSTRUCTION_SETS = "0x1242020207800000:0x0"


def self_cost(callgrind_output):
    """Instructions by object file, without those of the functions that each calls."""
    names, cost, current, callee_line = {}, {}, None, False
    for line in callgrind_output.splitlines():
        if match := re.match(r"ob=\((\d+)\)(?: (.+))?", line):
            current = names.setdefault(match[1], match[2])
        elif match := re.match(r"cob=\((\d+)\) (.+)", line):
            names.setdefault(match[1], match[2])
        elif line.startswith("calls="):
            callee_line = True
        elif match := re.match(r"[+*-]?\d* (\d+)$", line):
            if not callee_line:
                cost[current] = cost.get(current, 0) + int(match[1])
            callee_line = False
    return cost


def count(program, case):
    """{"own": instructions of the program for a packet, "libcrypto": of it, "other": of all else}"""
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", "--instr-atstart=no",
                               "--collect-atstart=no", f"--toggle-collect={MEASURED}", program, case, str(TURNS)],
                              text=True, capture_output=True, env=os.environ | {"OPENSSL_ia32cap": INSTRUCTION_SETS})
        if done.returncode:
            raise RuntimeError(f"{case}: {done.stderr[-800:]}")
        cost = self_cost(pathlib.Path(out.name).read_text())
    packets = json.loads(done.stdout)["packets"]
    own = sum(value for name, value in cost.items() if name.endswith("/" + pathlib.Path(program).name))
    crypto = sum(value for name, value in cost.items() if "/libcrypto" in name)
    return {"own": round(own / packets), "libcrypto": round(crypto / packets),
            "other": round((sum(cost.values()) - own - crypto) / packets)}


def count_all(program):
    cases = subprocess.run([program, "--list"], text=True, capture_output=True, check=True).stdout.split()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(cases, pool.map(lambda case: count(program, case), cases)))


def made_with(program):
    """What a comparison depends on."""
    comment = subprocess.run(["readelf", "-p", ".comment", program], text=True, capture_output=True, check=True).stdout
    # C's start-up files are always gcc's.
    compiler = max(re.findall(r"clang version \d+|GCC: \([^)]*\) \d+", comment))
    openssl = subprocess.run(["openssl", "version"], text=True, capture_output=True, check=True).stdout
    return {"own": compiler, "libcrypto": re.search(r" (\d+\.\d+)\.", openssl)[1]}


def comparisons(program):
    """(case, what, recorded, counted) for all that can be compared here; says what cannot."""
    recorded, here = json.loads(TABLE.read_text()), made_with(program)
    comparable = [what for what in here if here[what] == recorded["made with"][what]]
    for what in here:
        if what not in comparable:
            print(f"{what}: recorded with {recorded['made with'][what]}, and this is {here[what]}: not compared")
    counted = count_all(program)
    for case in counted.keys() | recorded["instructions a packet"].keys():
        for what in comparable:
            yield (case, what, recorded["instructions a packet"].get(case, {}).get(what), counted.get(case, {}).get(what))


def is_as_recorded(recorded, counted):
    return recorded is not None and counted is not None and abs(counted - recorded) <= TOLERANCE * recorded


def check(program):
    """(passed, failed); prints what failed."""
    passed = failed = 0
    for case, what, recorded, counted in sorted(comparisons(program)):
        if is_as_recorded(recorded, counted):
            passed += 1
            continue
        failed += 1
        print(f"FAIL {case}, {what}: {counted} instructions a packet, and {recorded} are recorded in {TABLE.name}")
    if failed:
        print(f"     if that is meant: {sys.executable} tests/benchmark/instructions.py --record {program}")
    return passed, failed


def record(program):
    rows = count_all(program)
    lines = [f'  "{case}": {json.dumps(row)}' for case, row in rows.items()]
    TABLE.write_text('{"made with": ' + json.dumps(made_with(program)) + ',\n "instructions a packet": {\n' +
                     ",\n".join(lines) + "\n}}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="packet-path of an optimised build")
    parser.add_argument("--record", action="store_true", help="write the table anew")
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.program)
    else:
        for case, row in count_all(arguments.program).items():
            print(f"{case:<20}" + "".join(f"{what} {value:>6}   " for what, value in row.items()) + f"all {sum(row.values()):>6}")


if __name__ == "__main__":
    main()
