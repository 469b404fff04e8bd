#!/usr/bin/env python3
"""command_line.py SALLYPORT: exit codes and streams of the commands that need no gateway."""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
failures = 0


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def expect(what, holds, done):
    global failures
    if not holds:
        failures += 1
        print(f"FAIL {what}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def wrong_usage():
    for arguments in ([], ["nonsense"], ["--nonsense"], ["run", "--nonsense"], ["check"], ["ctl", "explode"],
                      ["status", "--control"]):
        done = run(*arguments)
        expect(f"{arguments} is wrong usage", done.returncode == 2, done)


def answers():
    done = run("version")
    expect("version", done.returncode == 0 and done.stdout.startswith("sallyport "), done)
    for arguments, word in ((["--help"], "status"), (["run", "--help"], "--downstream")):
        done = run(*arguments)
        expect(f"{arguments} explains", done.returncode == 0 and word in done.stdout, done)


def no_gateway(folder):
    for arguments in (["status"], ["status", "--json"], ["ctl", "reconnect"]):
        done = run(*arguments, "--control", folder / "none.sock")
        expect(f"{arguments} without a gateway fails on stderr alone",
               done.returncode == 1 and not done.stdout and "none.sock" in done.stderr, done)


def check(folder):
    done = run("check", folder / "none.ovpn")
    expect("check of no file", done.returncode == 1 and "none.ovpn" in done.stderr, done)
    profile = folder / "bad.ovpn"
    profile.write_text("client\ndev tun\nremote vpn.example.net\nup /bin/sh\n")
    done = run("check", profile)
    expect("check of a profile that runs programs", done.returncode == 1 and "up" in done.stdout, done)
    done = run("check", profile, "--json")
    try:
        parsed = json.loads(done.stdout)
    except ValueError:
        parsed = None
    expect("check --json is JSON", done.returncode == 1 and isinstance(parsed, dict), done)


def refused_start(folder):
    for option in ("--downstream", "--qubesdb"):
        done = run("run", option, "nonsense", "--control", folder / "run.sock")
        expect(f"run with an impossible {option}", done.returncode in (1, 2) and "nonsense" in done.stderr, done)


with tempfile.TemporaryDirectory() as name:
    wrong_usage()
    answers()
    no_gateway(pathlib.Path(name))
    check(pathlib.Path(name))
    refused_start(pathlib.Path(name))
sys.exit(1 if failures else 0)
