"""Packages, built as a distribution builds them: from a clean copy of the tree, without a network."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build/package"
# What a package is made of; tests are not.
PARTS = ("src", "qubes", "debian", "rpm", "docs", "meson.build", "meson_options.txt", "version", "LICENSE", "README.md", ".qubesbuilder")
VERSION = (ROOT / "version").read_text().strip()


class BuildFailed(Exception):
    pass


def sources():
    for part in PARTS:
        path = ROOT / part
        yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts) if path.is_dir() else [path]


def copy_sources(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for path in sources():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def digest_of_sources():
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_mode:o}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def run(args, cwd, environment=None, umask=0o022):
    """In a network namespace of its own, so that nothing can be fetched."""
    done = subprocess.run(["unshare", "--net", "nice", *map(str, args)], cwd=cwd, env=os.environ | (environment or {}), umask=umask,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise BuildFailed(f"{' '.join(map(str, args))}: exit {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-40:]))
    return done.stdout


def build_deb(folder, environment=None, umask=0o022):
    """The .deb, built in `folder`."""
    tree = folder / f"sallyport-{VERSION}"
    copy_sources(tree)
    jobs = f"parallel={os.cpu_count()}"
    run(["dpkg-buildpackage", "-b", "-us", "-uc"], tree, {"DEB_BUILD_OPTIONS": jobs} | (environment or {}), umask)
    return next(folder.glob("sallyport_*.deb"))


@contextlib.contextmanager
def one_at_a_time(folder):
    """Scenarios run side by side, and each asks for what is made once: the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached():
    """A .deb of the tree as it is now, built only when the tree has changed since; or the one that $SALLYPORT_DEB names."""
    if named := os.environ.get("SALLYPORT_DEB"):
        return pathlib.Path(named)
    folder = WORK / "cached"
    stamp = folder / "sources"
    with one_at_a_time(WORK):
        now = digest_of_sources()
        if not stamp.is_file() or stamp.read_text() != now:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build_deb(folder, with_ccache())
            stamp.write_text(now)
        return next(folder.glob("sallyport_*.deb"))


def with_ccache():
    return {"PATH": f"/usr/lib/ccache:{os.environ['PATH']}", "CCACHE_DIR": os.environ.get("CCACHE_DIR", os.path.expanduser("~/.cache/ccache"))}
