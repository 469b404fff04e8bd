"""Debian as a folder, made once and kept in build/, and what is laid over it for one machine."""
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess

from package.build import one_at_a_time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = ROOT / "build/trees"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MACHINE = ["systemd", "systemd-sysv", "dbus", "nftables", "iproute2", "kmod", "python3", "procps"]


def depends_of(deb):
    field = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], capture_output=True, text=True, check=True).stdout
    return sorted(re.match(r"[a-z0-9.+-]+", one.strip())[0] for one in field.split(","))


def debian(packages, release="bookworm"):
    """A tree with these packages and what they need; another list, or release, is another tree."""
    names = sorted(set(packages))
    tree = TREES / f"{release}-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}"
    with one_at_a_time(TREES):
        if not (tree / "made").is_file():
            shutil.rmtree(tree, ignore_errors=True)
            tree.mkdir()
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(names)}", release, tree / "root"], check=True)
            (tree / "made").write_text(" ".join(names) + "\n")
    return tree / "root"


def tail(text):
    return "\n".join(text.splitlines()[-40:]) + "\n"


class Overlay:
    """A tree to write to, over one that stays as it is."""

    def __init__(self, *lower):
        self.lower = lower

    def __enter__(self):
        # Not in build/: what may itself be an overlay cannot carry another one.
        self.place = pathlib.Path(subprocess.run(["mktemp", "-d", "/dev/shm/sallyport-XXXXXX"], capture_output=True, text=True, check=True).stdout.strip())
        for name in ("upper", "work", "root"):
            (self.place / name).mkdir()
        self.root = self.place / "root"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={':'.join(map(str, self.lower))},upperdir={self.place}/upper,workdir={self.place}/work", self.root], check=True)
        return self

    def __exit__(self, *_):
        if os.path.ismount(self.root):
            subprocess.run(["umount", self.root], check=True)
        shutil.rmtree(self.place)

    def freeze(self):
        """Nothing is written to it any more: what other overlays can be laid over."""
        subprocess.run(["umount", self.root], check=True)
        return self.place / "upper", *self.lower

    def run(self, *args, check=True, env=None, binds=None):
        """In the tree, with nothing running. `binds`: folders of this machine's, and where they are found in the tree."""
        mounts = [f"mount --bind {shlex.quote(str(source))} {shlex.quote(str(self.root / place))}" for source, place in (binds or {}).items()]
        inside = " && ".join([*mounts, f'exec chroot {self.root} "$@"'])
        done = subprocess.run(["unshare", "--net", "--pid", "--fork", "--mount-proc", "sh", "-c", inside, "sh", *map(str, args)],
                              capture_output=True, text=True, errors="replace", env={"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"} | (env or {}))
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(map(str, args))}: exit {done.returncode}\n{tail(done.stdout)}{tail(done.stderr)}")
        return done

    def install(self, deb):
        shutil.copy(deb, self.root / "sallyport.deb")
        return self.run("dpkg", "-i", "/sallyport.deb")
