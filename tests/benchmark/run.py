#!/usr/bin/env python3
"""Sallyport beside Debian's OpenVPN client, in one run and one lab. Needs root; `tests/bench` is the way in."""
import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmark.contestants import CLIENTS, Plain, SERVERS  # noqa: E402
from benchmark.report import Results  # noqa: E402
from benchmark.workloads import OVER_UDP, WITHOUT_CLIENT, WORKLOADS  # noqa: E402
from netlab.lab import Lab  # noqa: E402
from netlab.openvpn import ServerSetup  # noqa: E402
from netlab.shell import run  # noqa: E402

CIPHERS = ("AES-256-GCM", "CHACHA20-POLY1305")


def measure(contestants, cipher, workloads, seconds, results):
    """Each workload with one after the other: what the machine is like changes within a minute."""
    for name in workloads:
        for contestant in contestants:
            contestant.start()
            results.add(name, cipher, contestant.name, WORKLOADS[name](contestant, seconds))
            contestant.stop()


def measure_round(number, cipher, arguments, results):
    with Lab() as lab:
        setup = ServerSetup(cipher=cipher, proto=f"{arguments.transport}4", extra=("sndbuf 0", "rcvbuf 0"))
        server = SERVERS[arguments.server](lab, setup).start()
        contestants = [kind(lab, server) for kind in CLIENTS]
        # Nobody is always the first.
        measure(contestants if number % 2 else contestants[::-1], cipher, arguments.workload, arguments.seconds, results)


def measure_limits(arguments, results):
    """What the lab does without any client, and what a cipher costs by itself, on records of a packet's size."""
    for cipher in arguments.cipher:
        done = run("openssl", "speed", "-elapsed", "-seconds", "1", "-bytes", "1400", "-evp", cipher.lower())
        per_second = float(re.search(r"([\d.]+)k\s*$", done.stdout)[1]) * 1000
        results.limits.append(("cipher alone", cipher, "CPU s/GB", 1e9 / per_second))
    with Lab() as lab:
        server = SERVERS["openvpn"](lab, ServerSetup())
        workloads = [name for name in arguments.workload if name in WITHOUT_CLIENT]
        measure([Plain(lab, server)], "no tunnel", workloads, arguments.seconds, results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are shown")
    parser.add_argument("--cipher", action="append", help=f"{' and '.join(CIPHERS)} unless given; may be repeated")
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="all unless given")
    parser.add_argument("--transport", choices=("udp", "tcp"), default="udp", help="of the tunnel")
    parser.add_argument("--server", choices=list(SERVERS), default="sallyport",
                        help="the other end of both clients; openvpn's is what limits them, where it is chosen")
    parser.add_argument("--folder", type=pathlib.Path, help="write bench.json, with every sample, and bench.svg there")
    arguments = parser.parse_args()
    arguments.cipher, arguments.workload = arguments.cipher or CIPHERS, arguments.workload or list(WORKLOADS)
    if arguments.transport == "tcp":
        arguments.workload = [name for name in arguments.workload if name not in OVER_UDP]
    results = Results()
    measure_limits(arguments, results)
    for cipher in arguments.cipher:
        for number in range(arguments.rounds):
            measure_round(number, cipher, arguments, results)
    results.print_table()
    if arguments.folder:
        results.write(arguments.folder)


main()
