#!/usr/bin/env python3
"""Sallyport on real Xen: a hypervisor, dom0, a gateway and AppVMs with stock kernels, all in one emulated machine.
`run.py [--pvh] [part of a name ...]`. Needs root only to install what is missing. SALLYPORT names another binary."""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from xen import scenarios  # noqa: F401, E402  (they register themselves)
from xen.host import debian, image  # noqa: E402
from xen.host.emulator import PV, PVH  # noqa: E402
from xen.host.session import Session  # noqa: E402
from xen.registry import scenarios as registered  # noqa: E402

# These stretch what is allowed for.
PV_PATIENCE, PVH_PATIENCE = 1, 4  # nested paging has its price


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the emulator ends with us
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("match", nargs="*", help="parts of the names to run; all without")
    parser.add_argument("--pvh", action="store_true", help="one AppVM as PVH, beside PV ones: slower, and without names only what depends on it")
    parser.add_argument("--quick", action="store_true", help="only what shows the main job")
    parser.add_argument("--keep", default=os.environ.get("KEEP", ""), help="folder for the logs of a run that fails")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    chosen = [s for s in registered.values() if _is_wanted(s, arguments)]
    if arguments.list:
        print("\n".join(s.name for s in chosen))
        return 0
    suite, patience = ("xen-pvh", PVH_PATIENCE) if arguments.pvh else ("xen", PV_PATIENCE)
    kept = pathlib.Path(arguments.keep or TESTS.parent / "build/xen/failed") / suite
    failed = run(suite, arguments.pvh, chosen, patience, kept) if chosen else 0
    if failed:
        print(f"logs: {kept}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


def _is_wanted(scenario, arguments):
    if arguments.match:
        return any(part in scenario.name for part in arguments.match)
    return (scenario.pvh or not arguments.pvh) and (scenario.quick or not arguments.quick)


def run(suite, pvh, chosen, patience, kept):
    debian.install(*image.HOST_PACKAGES)
    images = image.Images(TESTS.parent / "build/xen")
    images.build({"scenarios": [s.name for s in chosen], "patience": patience, "port": "/dev/ttyS1",
                  "kinds": {"app1": "pvh"} if pvh else {}})
    with tempfile.TemporaryDirectory(prefix="sallyport-xen-") as scratch:
        logs = pathlib.Path(scratch) / "logs"
        failed = Session(suite, PVH if pvh else PV, images, [s.name for s in chosen], logs).run()
        if failed:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(logs, kept)
    return failed


if __name__ == "__main__":
    sys.exit(main())
