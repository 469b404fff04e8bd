"""Parts that are scenarios against real peers, in namespaces: each suite is a program that prints a line a scenario."""
import os
import re
import subprocess

from parts import builds
from parts.part import ROOT, need_root, part


def run_scenarios(program, *arguments, of_the_build=True):
    """Of a program that prints a line a scenario and closes with "N passed, N failed"."""
    need_root()
    environment = os.environ | {"KEEP": str(ROOT / "build/failed")}
    if of_the_build:
        environment["SALLYPORT"] = str(builds.plain() / "src/daemon/sallyport")
    process = subprocess.Popen(["python3", str(ROOT / program), *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    last = ""
    for line in process.stdout:
        if last:
            print(last, end="", flush=True)
        last = line
    process.wait()
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed\n", last)
    if not counts:
        print(last)
        return 0, 1
    return int(counts[1]), int(counts[2])


@part("interop", "against the real openvpn, in network namespaces")
def interop():
    return run_scenarios("tests/interop/run.py", "--jobs", "4")


@part("server", "the real openvpn's clients against our server, and a flood of strangers")
def server():
    return run_scenarios("tests/server/run.py", "--jobs", "4")


@part("rules", "Qubes' firewall rules beside an independent oracle and real nftables")
def rules():
    return run_scenarios("tests/rules/run.py", str(builds.plain() / "tests/rules/rule-judge"))


@part("lock", "the lock on a network VM that would forward, in namespaces")
def lock():
    return run_scenarios("tests/lock/run.py", "--jobs", "4", of_the_build=False)


@part("boot", "a VM of real units and the installed package, from power-on on")
def boot():
    return run_scenarios("tests/boot/run.py", "--jobs", "1")


@part("package", "packages: equal when built again, clean, and installed in a clean Debian 12", by_default=False)
def package():
    return run_scenarios("tests/package/run.py", "--jobs", "1", of_the_build=False)


@part("package-trixie", "the package for Debian 13: built there, and installed in a clean one", by_default=False)
def package_trixie():
    return run_scenarios("tests/package/run.py", "Debian 13", of_the_build=False)


@part("xen-quick", "real Xen under emulation: AppVMs with an unmodified netfront, and a gateway without a kernel backend")
def xen_quick():
    return run_scenarios("tests/xen/run.py", "--quick")


@part("xen", "everything there is to show on real Xen", by_default=False)
def xen():
    return run_scenarios("tests/xen/run.py")


@part("xen-pvh", "the same with a PVH guest among them", by_default=False)
def xen_pvh():
    return run_scenarios("tests/xen/run.py", "--pvh")


@part("failclosed", "captures of everything that leaves the gateway, in every state")
def failclosed():
    return run_scenarios("tests/failclosed/run.py")


@part("attacks", "known attacks, each on a plain VPN gateway, where it succeeds, and on Sallyport")
def attacks():
    return run_scenarios("tests/attacks/run.py", "--jobs", "4")
