#!/usr/bin/env python3
"""Qubes' firewall rules: our engine's verdicts beside two other opinions, for random rule sets in dom0's grammar. Needs
root for nftables. The seed of a run is printed; --seed repeats it."""
import argparse
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from grammar import HOSTS, UNKNOWN_HOST, RuleSet, random_packet  # noqa: E402
from netfilter import Router  # noqa: E402
from oracle import Oracle  # noqa: E402

SETS, PACKETS, REAL_PACKETS = 500, 10000, 60
POOL = 4000  # different packets that a run draws from


class Engine:
    """Ours, in a program that reads rules and packets."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for version, hosts in HOSTS.items():
            for name, addresses in hosts.items():
                self.process.stdin.write(f"host {name} {version} {' '.join(addresses)}\n")

    def verdicts(self, rule_set, packets):
        lines = [f"set {rule_set.version} {rule_set.policy} {len(rule_set.rules)}", *rule_set.rules, f"packets {len(packets)}"]
        lines += [f"{protocol} {destination} {number}" for protocol, destination, number in packets]
        self.process.stdin.write("\n".join(lines) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def difference(rule_set, packets, ours, theirs):
    for packet, our, their in zip(packets, ours, theirs, strict=True):
        if our != their:
            return f"{packet}: we say {our}, the other {their}, of policy {rule_set.policy} and\n" + "\n".join(rule_set.rules)
    return None


def check_oracle(engine, chance):
    pools = {version: [random_packet(chance, version) for _ in range(POOL)] for version in HOSTS}
    for number in range(SETS):
        version = chance.choice((4, 4, 6))
        rule_set = RuleSet(chance, version, hosts=(*HOSTS[version], UNKNOWN_HOST))
        packets = chance.choices(pools[version], k=PACKETS)
        oracle = Oracle(rule_set)
        problem = difference(rule_set, packets, engine.verdicts(rule_set, packets), [oracle.verdict(p)[0] for p in packets])
        if problem:
            return f"set {number}: {problem}"
    return None


def check_netfilter(engine, chance):
    """For what nft can express: names that are known and have addresses; types that a router forwards."""
    accepted = 0
    with Router() as router:
        for number in range(SETS):
            version = chance.choice((4, 4, 6))
            rule_set = RuleSet(chance, version, hosts=[name for name, addresses in HOSTS[version].items() if addresses])
            packets = [random_packet(chance, version) for _ in range(REAL_PACKETS)]
            packets = [p for p in packets if is_forwarded(version, p)]
            router.load(rule_set)
            theirs = router.verdicts(version, packets)
            accepted += theirs.count("a")
            problem = difference(rule_set, packets, engine.verdicts(rule_set, packets), theirs)
            if problem:
                return f"set {number}: {problem}"
    return None if accepted > SETS else "hardly a packet came through the kernel"


def is_forwarded(version, packet):
    """Some flipped bits make addresses that no router forwards to, whatever the rules say."""
    import ipaddress
    address = ipaddress.ip_address(packet[1])
    return not (address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified or
                version == 4 and (int(address) >> 24 in (0, 127) or int(address) >> 28 == 15))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("judge", help="the program rule-judge")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    failed = 0
    checks = ((f"{SETS} random rule sets: the verdict on {PACKETS} packets each is an independent oracle's", check_oracle),
              (f"{SETS} random rule sets: the verdict on {REAL_PACKETS} packets each is that of nftables, rendered as Qubes' agent does", check_netfilter))
    for name, check in checks:
        start, engine = time.monotonic(), Engine(arguments.judge)
        problem = check(engine, random.Random(arguments.seed))
        engine.close()
        failed += problem is not None
        print(f"{'FAIL' if problem else 'ok  '} rules: {name} ({time.monotonic() - start:.1f} s)")
        if problem:
            print("     " + problem.replace("\n", "\n     "))
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
