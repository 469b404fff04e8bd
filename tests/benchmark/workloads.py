"""What is measured: each workload runs for some seconds and returns a Sample."""
import dataclasses
import json


@dataclasses.dataclass
class Sample:
    cpu_per_gb: float     # CPU seconds of the client process per 10^9 bytes that arrived
    mbit_per_s: float     # that arrived
    resident_mib: float   # of the client process, at the end


def tcp_bulk(contestant, seconds, down, flows=1):
    """iperf3 between the AppVM and the host behind the server."""
    args = ["iperf3", "-c", contestant.lab.WORLD4, "-t", seconds, "-P", flows, "-J"] + (["-R"] if down else [])
    before = contestant.cpu_seconds()
    report = json.loads(contestant.host().run(*args, timeout=seconds + 30, check=False).stdout)
    if "error" in report:
        raise RuntimeError(f"iperf3 through {contestant.name}: {report['error']}")
    result = report["end"]["sum_received"]
    spent = contestant.cpu_seconds() - before
    return Sample(spent / (result["bytes"] / 1e9), result["bits_per_second"] / 1e6, contestant.resident_mib())


WORKLOADS = {
    "TCP up": lambda contestant, seconds: tcp_bulk(contestant, seconds, down=False),
    "TCP down": lambda contestant, seconds: tcp_bulk(contestant, seconds, down=True),
}
