"""Commands, and processes that end with the test that started them."""
import os
import signal
import subprocess
import time


class CommandFailed(Exception):
    pass


def run(*args, check=True, timeout=30, input=None):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=timeout, input=input)
    if check and done.returncode:
        raise CommandFailed(f"{' '.join(str(a) for a in args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Process:
    """A process of ours in the background, with its output in a file; ended by its pid."""

    def __init__(self, args, log):
        self.log = log
        with open(log, "ab") as out:
            self.begin = out.tell()  # An earlier process may have said the same.
            self.process = subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.pid = self.process.pid

    def running(self):
        return self.process.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def has_said(self, text):
        return text.encode() in self.log.read_bytes()[self.begin:]

    def wait_for(self, text, timeout=15):
        wait_until(lambda: self.has_said(text) or not self.running(), timeout, f"'{text}' in {self.log.name}")
        if not self.has_said(text):
            raise CommandFailed(f"{self.log.name} ended before it said '{text}':\n{self.output()[-3000:]}")

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def stop(self, timeout=10):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()


def wait_until(condition, timeout, what, every=0.03):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(every)
