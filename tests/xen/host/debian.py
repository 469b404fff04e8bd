"""Debian packages: installed on this machine, or only unpacked into a folder of ours."""
import re
import shutil
import subprocess


def apt(*arguments, cwd=None, check=True):
    return subprocess.run(["apt-get", "-q", *arguments], check=check, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def install(*packages):
    """Installs what is missing of `packages`, without what is only recommended. Needs root only if something is missing."""
    state = subprocess.run(["dpkg-query", "-Wf", "${Package} ${db:Status-Status}\n", *packages], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout
    missing = sorted(set(packages) - {line.split()[0] for line in state.splitlines() if line.endswith(" installed")})
    if missing:
        apt("update")
        apt("install", "-y", "--no-install-recommends", *missing)


def dependency(package, pattern):
    """The first package that `package` depends on whose name matches, e.g. the kernel behind linux-image-amd64."""
    listed = subprocess.run(["apt-cache", "depends", package], check=True, text=True, stdout=subprocess.PIPE).stdout
    return next(name for name in re.findall(r"Depends: (\S+)", listed) if re.fullmatch(pattern, name))


class UnpackedPackages:
    """A folder with the content of packages, at the versions that apt would install now; made again when those change."""

    def __init__(self, directory):
        self.archives, self.root, self.stamp = directory / "debs", directory / "root", directory / "packages"

    def update(self, packages):
        wanted = self._archive_names(packages)
        if self.stamp.exists() and self.stamp.read_text().split() == wanted:
            return
        self.stamp.unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)
        self.archives.mkdir(parents=True, exist_ok=True)
        self._download(packages, wanted)
        for name in wanted:
            subprocess.run(["dpkg-deb", "-x", self.archives / name, self.root], check=True)
        self.stamp.write_text("\n".join(wanted) + "\n")

    def _archive_names(self, packages):
        try:
            listed = apt("download", "--print-uris", *packages)
        except subprocess.CalledProcessError:  # a machine that has never updated its lists
            apt("update")
            listed = apt("download", "--print-uris", *packages)
        return sorted(re.findall(r"^'\S+' (\S+\.deb) ", listed, re.MULTILINE))

    def _download(self, packages, wanted):
        for old in self.archives.iterdir():
            if old.name not in wanted:
                old.unlink()
        # apt drops its rights to a user who may not be able to write here.
        apt("-o", "APT::Sandbox::User=root", "download", *packages, cwd=self.archives)
