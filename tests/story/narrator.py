"""Plain sentences, with the time they took."""
import time


class Narrator:
    def __init__(self):
        self.start, self.steps = time.monotonic(), 0

    def step(self, text):
        self.steps += 1
        print(f"\n{self.steps}. {text}", flush=True)

    def fact(self, text):
        print(f"   ok: {text}", flush=True)

    def failed(self, problem, logs):
        print(f"   DID NOT HOLD: {problem}\n   the lab's logs are in {logs}", flush=True)

    def done(self):
        print(f"\nEach of {self.steps} steps held, in {time.monotonic() - self.start:.0f} s.", flush=True)
