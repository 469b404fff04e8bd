#!/usr/bin/env python3
"""Sallyport beside Debian's OpenVPN client, in one run and one lab. Needs root; `tests/bench` is the way in."""
import argparse
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmark.contestants import CONTESTANTS  # noqa: E402
from benchmark.workloads import WORKLOADS, Sample  # noqa: E402
from netlab.lab import Lab  # noqa: E402


def measure_round(cipher, workloads, seconds, rows):
    with Lab() as lab:
        server = lab.openvpn_server(cipher=cipher, extra=("sndbuf 0", "rcvbuf 0", "verb 3")).start()
        lab.world.start("iperf3", "-s", "--forceflush", log="iperf3.log").wait_for("listening")
        for kind in CONTESTANTS.values():
            contestant = kind(lab, server)
            contestant.start()
            for name in workloads:
                sample = WORKLOADS[name](contestant, seconds)
                rows.setdefault((name, cipher), {}).setdefault(kind.name, []).append(sample)
            contestant.stop()


def median(samples):
    return Sample(*(statistics.median(getattr(s, field) for s in samples) for field in Sample.__dataclass_fields__))


def print_table(rows):
    print(f"{'workload':<12} {'cipher':<18} {'client':<10} {'CPU s/GB':>9} {'Mbit/s':>8} {'MiB':>6}")
    for (name, cipher), by_client in rows.items():
        ours, theirs = median(by_client["sallyport"]), median(by_client["openvpn"])
        for client, sample in (("openvpn", theirs), ("sallyport", ours)):
            closing = f"  ratio {ours.cpu_per_gb / theirs.cpu_per_gb:.2f}" if client == "sallyport" else ""
            print(f"{name:<12} {cipher:<18} {client:<10} {sample.cpu_per_gb:>9.2f} {sample.mbit_per_s:>8.0f} "
                  f"{sample.resident_mib:>6.1f}{closing}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are shown")
    parser.add_argument("--cipher", action="append", help="AES-256-GCM unless given; may be repeated")
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="all unless given")
    parser.add_argument("--json", type=pathlib.Path, help="write every sample to this file")
    arguments = parser.parse_args()
    rows = {}
    for cipher in arguments.cipher or ["AES-256-GCM"]:
        for _ in range(arguments.rounds):
            measure_round(cipher, arguments.workload or WORKLOADS, arguments.seconds, rows)
    print_table(rows)
    if arguments.json:
        everything = [{"workload": name, "cipher": cipher, "client": client, "samples": [vars(s) for s in samples]}
                      for (name, cipher), clients in rows.items() for client, samples in clients.items()]
        arguments.json.write_text(json.dumps(everything, indent=1))


main()
