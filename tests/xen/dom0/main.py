"""Runs in dom0, from its init to power-off: the scenarios that /bed/wanted.json names, one after the other on one bed."""
import json
import pathlib
import signal
import time
import traceback

from .. import scenarios  # noqa: F401  (they register themselves)
from ..registry import scenarios as registered
from .bed import Bed
from .report import LogForwarder, Report


class TooLong(Exception):
    pass


def _too_long(number, frame):
    raise TooLong("it took too long")


def run_one(scenario, bed, report):
    report.say("begin", scenario.name)
    signal.alarm(int(scenario.seconds * bed.patience))
    try:
        bed.prepare(scenario.needs)
        if scenario.needs != "domain":
            bed.watch_uplink()
        scenario.function(bed)
        report.log("uplink", bed.judge_uplink(scenario.uplink))
    except Exception as problem:
        signal.alarm(0)
        report.log("traceback", traceback.format_exc())
        report.say("FAILED", scenario.name, f"{type(problem).__name__}: {' / '.join(str(problem).splitlines())[:400]}")
        try:
            report.log("left-behind", bed.describe())
        except Exception:
            report.log("left-behind", traceback.format_exc())
        bed.distrust()
    else:
        signal.alarm(0)
        report.say("ok", scenario.name)


def main():
    setup = json.loads(pathlib.Path("/bed/setup.json").read_text())
    report = Report(setup["port"])
    forwarder = LogForwarder(report)
    forwarder.start()
    signal.signal(signal.SIGALRM, _too_long)
    bed = Bed(setup)
    for name in setup["scenarios"]:
        run_one(registered[name], bed, report)
    time.sleep(0.3)
    forwarder.forward()
    report.say("finished")
    time.sleep(0.3)

