#!/usr/bin/env python3
"""What a packet costs on a vif's rings: instructions in netback, counted by callgrind, and system calls. `tests/bench --rings`.

Time says little here: on real hardware the hypervisor's copy dominates, and under emulation everything does. What is ours to keep
small is what we execute for each packet, and how often we ask the kernel: once for all copies of a batch, once to notify."""
import json
import re
import subprocess
import sys
import tempfile

WORKLOADS = ("up-ack", "up-full", "up-super", "down-ack", "down-full", "down-super")
ROUNDS = 200
# Only what the daemon would run: not the frontend, and not the copies, which are the hypervisor's.
OURS = ("sallyport::netback::TxRing::*", "sallyport::netback::RxRing::*")


def measure(program, workload):
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", "--collect-atstart=no",
                               *(f"--toggle-collect={name}" for name in OURS), program, workload, str(ROUNDS)],
                              text=True, capture_output=True, check=True)
    counted = json.loads(done.stdout)
    instructions = int(re.search(r"Collected : (\d+)", done.stderr)[1])
    return instructions / counted["packets"], counted


def main():
    program = sys.argv[1]
    print(f"{'workload':<12} {'instructions':>13} {'copies':>8} {'system calls':>13} {'packets':>9}")
    print(f"{'':<12} {'per packet':>13} {'':>8} {'per packet':>13} {'per call':>9}")
    for workload in WORKLOADS:
        instructions, counted = measure(program, workload)
        packets, calls = counted["packets"], counted["calls"] + counted["notifications"]
        print(f"{workload:<12} {instructions:>13.0f} {counted['copies'] / packets:>8.1f} {calls / packets:>13.3f} "
              f"{packets / counted['calls']:>9.1f}")


if __name__ == "__main__":
    main()
