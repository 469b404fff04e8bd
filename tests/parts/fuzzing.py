"""Each fuzz target for a while, from its corpus on. What it finds is kept in build-sanitized/findings."""
import concurrent.futures
import os
import pathlib
import subprocess
import tempfile

from parts import builds
from parts.part import ROOT, part

SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))


def _fuzz(target, findings):
    name = target.name.removeprefix("fuzz-")
    corpus = ROOT / "tests/fuzz/corpus" / name
    with tempfile.TemporaryDirectory() as new_inputs:
        done = subprocess.run([target, f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1",
                               f"-artifact_prefix={findings}/{name}-", new_inputs, corpus],
                              capture_output=True, text=True, errors="replace")
    return name, done.returncode, done.stderr


@part("fuzz", f"each fuzz target for {SECONDS} seconds")
def fuzz():
    build = builds.sanitized()
    findings = build / "findings"
    findings.mkdir(exist_ok=True)
    targets = sorted(p for p in (build / "tests/fuzz").iterdir() if p.name.startswith("fuzz-") and os.access(p, os.X_OK) and p.is_file())
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, output in pool.map(lambda target: _fuzz(target, pathlib.Path(findings)), targets):
            runs = next((line.split()[-1] for line in output.splitlines() if "number_of_executed_units" in line), "no")
            print(f"{'FAIL' if code else 'ok  '} fuzz: {name}, {runs} inputs", flush=True)
            if code:
                failed += 1
                print("".join(f"     {line}\n" for line in output.splitlines()[-40:]), flush=True)
    return len(targets) - failed, failed
