"""One boot: what dom0 reports is printed and kept, and what it does not report in time has failed."""
import pathlib
import select
import time

from .. import protocol
from .emulator import Emulator

# dom0 times its scenarios itself, by its own clock, which may be slower than ours. This is for when it no longer can.
HANG_SECONDS = 1800


class Session:
    def __init__(self, suite, processor, images, scenarios, logs):
        self.suite, self.logs = suite, pathlib.Path(logs)
        self.logs.mkdir(parents=True)
        self._emulator = Emulator(processor, images, self.logs / "console.log")
        self._started = time.monotonic()
        self._waiting, self._began = list(scenarios), False
        self._current, self._current_start, self._details = None, 0, []
        self.failed = 0
        self._deadline = self._started + HANG_SECONDS

    def run(self):
        """Returns the number of failures."""
        try:
            self._listen()
        finally:
            self._emulator.stop()
        if self._current:
            self._result(self._current, "the bed died or hung in it")
        for name in list(self._waiting):
            self._result(name, "it never began: " + ("the bed had died" if self._began else "dom0 did not come up"))
        return self.failed

    def _listen(self):
        rest, finished = b"", False
        while not finished:
            ready, _, _ = select.select([self._emulator.output], [], [], max(0, self._deadline - time.monotonic()))
            data = self._emulator.output.read1(65536) if ready else b""
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                finished |= self._heard(line.decode(errors="replace").rstrip("\r"))

    def _heard(self, text):
        word, name, rest = protocol.parse(text)
        if word == "log":
            self._log(name, rest)
        elif word == "begin":
            self._began, self._current, self._current_start, self._details = True, name, time.monotonic(), []
            self._deadline = time.monotonic() + HANG_SECONDS
            self._log("bed", text)
        elif word in ("ok", "FAILED"):
            self._log("bed", text)
            self._result(name, rest if word == "FAILED" else None)
        elif word is None:
            self._log("stray", rest)
        return word == "finished"

    def _log(self, source, text):
        with open(self.logs / f"{source.replace('/', '_')}.log", "a") as log:
            log.write(f"{time.monotonic() - self._started:8.2f} {text}\n")
        if source == "traceback":
            self._details.append(text)

    def _result(self, name, problem):
        seconds = time.monotonic() - (self._current_start or time.monotonic())
        print(f"{'FAIL' if problem else 'ok  '} {self.suite}: {name} ({seconds:.1f} s)", flush=True)
        if problem:
            self.failed += 1
            print("".join(f"     {line}\n" for line in self._details or [problem]), end="", flush=True)
        self._waiting.remove(name)
        self._current, self._current_start, self._details = None, 0, []
