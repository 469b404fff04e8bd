#!/usr/bin/env python3
"""command_line.py SALLYPORT: exit codes and streams of the commands that need no gateway."""
import json
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
PKI = pathlib.Path(__file__).resolve().parents[2] / "data" / "pki"
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
    expect("check leads to --fix", done.stdout.endswith(f"'sallyport check --fix NEW {profile}' mends 1 of 1 lines\n"), done)
    done = run("check", profile, "--json")
    try:
        parsed = json.loads(done.stdout)
    except ValueError:
        parsed = None
    expect("check --json is JSON", done.returncode == 1 and isinstance(parsed, dict), done)
    beside = folder / "beside"
    beside.mkdir()
    (beside / "ca.crt").write_text((PKI / "ca.crt").read_text())
    profile = beside / "work.ovpn"
    profile.write_text("client\ndev tun\nremote vpn.example.net\nremote-cert-tls server\nauth-user-pass\nca keys/ca.crt\nup /bin/sh\n")
    alone = folder / "alone.ovpn"
    done = run("check", "--inline", alone, profile)
    expect("check --inline takes files in, and mends nothing", done.returncode == 1 and "1 files taken in" in done.stdout
           and "<ca>" in alone.read_text() and "\nup /bin/sh\n" in alone.read_text(), done)
    expect("only its owner can read what was written", alone.stat().st_mode & 0o777 == 0o600, done)
    fixed = folder / "fixed.ovpn"
    done = run("check", "--fix", fixed, profile)
    expect("check --fix takes files in, too, and the result is usable alone", done.returncode == 0 and "<ca>" in fixed.read_text()
           and "\n#up /bin/sh\n" in fixed.read_text(), done)
    done = run("check", "--fix", fixed, profile)
    expect("check --fix never writes over a file", done.returncode == 1, done)
    done = run("check", "--fix", folder / "x", "--inline", folder / "y", profile)
    expect("check takes one of --fix and --inline", done.returncode == 2, done)


def server_check(folder):
    run("genkey", "tls-crypt-v2-server", folder / "v2.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
                    "-keyout", folder / "server.key", "-out", folder / "server.crt"], check=True, capture_output=True)
    good = folder / "good.conf"
    good.write_text("server 10.8.0.0 255.255.255.0\ndev tun\nca server.crt\ncert server.crt\nkey server.key\ntls-crypt-v2 v2.key\n"
                    "management /run/x.sock unix\nport 1194\n")
    done = run("server", "--check", "--config", good, "--control", folder / "server.sock")
    expect("server --check of a usable file", done.returncode == 0 and not done.stderr
           and done.stdout.endswith("good.conf is usable\n"), done)
    expect("server --check has a line for every line", len(done.stdout.splitlines()) == 9, done)
    expect("server --check makes no control socket", not (folder / "server.sock").exists(), done)
    bad = folder / "bad.conf"
    bad.write_text(good.read_text() + "plugin /x.so\n")
    done = run("server", "--check", "--config", bad)
    expect("server --check of a file that loads code", done.returncode == 1 and "bad.conf:9: plugin: " in done.stderr, done)
    done = run("server", "--check", "--json", "--config", bad)
    parsed = json.loads(done.stdout)
    expect("server --check --json", done.returncode == 1 and parsed["server"] == str(bad) and parsed["usable"] is False
           and [line["verdict"] for line in parsed["options"]][-3:] == ["ignored", "honoured", "refused"], done)
    nobody = folder / "nobody.conf"
    nobody.write_text(good.read_text() + "user nobody-of-that-name\n")
    done = run("server", "--check", "--config", nobody)
    expect("server --check with a user that is not there", done.returncode == 1 and "nobody-of-that-name" in done.stderr, done)
    done = run("server", "--check", "--config", folder / "none.conf")
    expect("server --check of no file", done.returncode == 1 and "none.conf" in done.stderr, done)
    done = run("server", "--json", "--config", good)
    expect("server --json without --check is wrong usage", done.returncode == 2, done)


def genkey(folder):
    server, client = folder / "server.key", folder / "client.key"
    make_client = ["genkey", "tls-crypt-v2-client", "--server-key", server, client]
    done = run("genkey", "tls-crypt-v2-server", server)
    expect("a server key is made, for its owner only", done.returncode == 0 and server.stat().st_mode & 0o777 == 0o600, done)
    before = server.read_bytes()
    done = run("genkey", "tls-crypt-v2-server", server)
    expect("a key is not overwritten", done.returncode == 1 and server.read_bytes() == before, done)
    expect("a client key is made", run(*make_client).returncode == 0 and client.stat().st_mode & 0o777 == 0o600, done)
    done = run("genkey", "tls-crypt-v2-inspect", "--server-key", server, client)
    expect("a timestamp is shown with its age", done.returncode == 0 and "age          0 days" in done.stdout, done)
    for flag, value in (("--metadata", "customer 4711"), ("--metadata-base64", "Y3VzdG9tZXIgNDcxMQ==")):
        done = run(*make_client, "--force", flag, value)
        expect(f"--force replaces, with {flag}", done.returncode == 0, done)
        done = run("genkey", "tls-crypt-v2-inspect", "--server-key", server, client)
        expect("the metadata is shown", done.returncode == 0 and "customer 4711" in done.stdout, done)
    run("genkey", "tls-crypt-v2-server", folder / "other.key")
    done = run("genkey", "tls-crypt-v2-inspect", "--server-key", folder / "other.key", client)
    expect("another server's client key is not opened", done.returncode == 1 and "not wrapped by" in done.stderr, done)
    for arguments in (["tls-crypt-v2-client", folder / "x"], ["tls-crypt-v2-inspect", client],
                      ["tls-crypt-v2-client", "--server-key", server, folder / "x", "--metadata", "x" * 734],
                      ["tls-crypt-v2-client", "--server-key", server, folder / "x", "--metadata-base64", "!"]):
        done = run("genkey", *arguments)
        expect(f"genkey {arguments[0]} says what it lacks", done.returncode == 1 and done.stderr and not (folder / "x").exists(), done)
    done = run("genkey", "tls-crypt-v2-client", "--server-key", server, folder / "longest", "--metadata", "x" * 733)
    expect("733 bytes of metadata fit", done.returncode == 0, done)


def refused_start(folder):
    for option in ("--downstream", "--qubesdb"):
        done = run("run", option, "nonsense", "--control", folder / "run.sock")
        expect(f"run with an impossible {option}", done.returncode in (1, 2) and "nonsense" in done.stderr, done)


with tempfile.TemporaryDirectory() as name:
    wrong_usage()
    answers()
    no_gateway(pathlib.Path(name))
    check(pathlib.Path(name))
    (pathlib.Path(name) / "server").mkdir()
    server_check(pathlib.Path(name) / "server")
    genkey(pathlib.Path(name))
    refused_start(pathlib.Path(name))
sys.exit(1 if failures else 0)
