#!/usr/bin/env python3
"""purity.py LIB.a...: the pure layers reach no clock, socket, file, environment, thread or random source of their own.
Asks nm what each static library leaves undefined, and that it links at all to nothing but what src/LAYERS allows."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORBIDDEN = re.compile(r"""^(
    time|clock|clock_gettime|gettimeofday|localtime(_r)?|gmtime(_r)?|strftime|nanosleep|usleep|sleep|timer\w*
    |_ZNSt6chrono3_V21\d+\w+_clock3nowEv
    |_ZNSt13random_device\w*|rand|srand|random|srandom|getrandom|getentropy|arc4random\w*|RAND_\w+
    |socket|connect|bind|listen|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|getaddrinfo|gethostbyname\w*
    |open(64)?|openat(64)?|fopen(64)?|creat|read|write|pread\w*|pwrite\w*|readv|writev|mmap(64)?|ioctl|unlink|stat(64)?
    |_ZNSt1[34]basic_[io]?f(stream|ilebuf)\w*
    |getenv|secure_getenv|setenv|environ
    |pthread_create|_ZNSt6thread\w*|fork|vfork|exec\w*|posix_spawn\w*|system|popen|dlopen|kill|raise
    |_ZSt4cout|_ZSt4cerr|printf|puts
)$""", re.X)
# CHECK reports before it aborts.
ALLOWED = {"base": {"fprintf", "abort", "stderr"}}


def undefined(library):
    text = subprocess.run(["nm", "--undefined-only", "--format=posix", library], check=True, capture_output=True, text=True)
    return {line.split()[0].split("@")[0] for line in text.stdout.splitlines() if " U" in line}


def main():
    problems, checked = [], 0
    pure = [l.partition(":")[0] for l in (ROOT / "src/LAYERS").read_text().splitlines()
            if "pure" in l.split() and not l.startswith("#")]
    given = {pathlib.Path(p).stem.removeprefix("lib"): p for p in sys.argv[1:]}
    for layer in pure:
        if layer not in given and not list((ROOT / "src" / layer).glob("**/*.cpp")):
            continue  # not written yet
        if layer not in given:
            problems.append(f"{layer}: pure by src/LAYERS, but its library was not given to this check")
            continue
        checked += 1
        for symbol in sorted(undefined(given[layer])):
            if FORBIDDEN.match(symbol) and symbol not in ALLOWED.get(layer, ()):
                problems.append(f"{layer}: reaches {symbol}")
    # The check itself must be able to fail: crypto does use the random source.
    if "crypto" in given and not any(FORBIDDEN.match(s) for s in undefined(given["crypto"])):
        problems.append("the check is blind: it does not see RAND_bytes in crypto")
    print("\n".join(problems) or f"{checked} pure layers hold")
    return bool(problems)


sys.exit(main())
