"""The .deb for another release of Debian, built in a tree of that release: as there, without a network."""
import os
import pathlib
import re
import shutil

from boot.tree import Overlay, debian
from package.build import ROOT, VERSION, WORK, copy_sources, digest_of_sources, one_at_a_time, with_ccache

# What its providers are called.
VIRTUAL = {"debhelper-compat": "debhelper"}


def build_depends():
    field = re.search(r"^Build-Depends:\n((?: .*\n)+)", (ROOT / "debian/control").read_text(), re.M)[1]
    names = re.findall(r"^ ([a-z0-9.+-]+)", field, re.M)
    return [VIRTUAL.get(name, name) for name in names]


def build_in(release, folder):
    ccache = pathlib.Path(with_ccache()["CCACHE_DIR"])
    ccache.mkdir(parents=True, exist_ok=True)
    with Overlay(debian(["build-essential", "ccache", *build_depends()], release)) as tree:
        copy_sources(tree.root / f"build/sallyport-{VERSION}")
        (tree.root / "ccache").mkdir()
        tree.run("sh", "-c", f"cd /build/sallyport-{VERSION} && nice dpkg-buildpackage -b -us -uc", binds={ccache: "ccache"},
                 env={"PATH": "/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin", "CCACHE_DIR": "/ccache", "CCACHE_NOHASHDIR": "1", "HOME": "/root",
                      "DEB_BUILD_OPTIONS": f"parallel={os.cpu_count()}"})
        shutil.copy(next((tree.root / "build").glob("sallyport_*.deb")), folder)


def cached_for(release):
    """A .deb of the tree as it is now, for this release."""
    place = WORK / release
    folder, stamp = place / "built", place / "built/sources"
    with one_at_a_time(place):
        now = digest_of_sources()
        if not stamp.is_file() or stamp.read_text() != now:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build_in(release, folder)
            stamp.write_text(now)
        return next(folder.glob("sallyport_*.deb"))
