"""Programs put into an image together with what they need to run."""
import os
import pathlib
import py_compile
import re
import subprocess
import sys
import sysconfig
import tempfile

LIBRARIES = "lib/x86_64-linux-gnu"


class Programs:
    """Puts programs into a Cpio; libraries come from `root` (unpacked packages) if they are there, else from this machine."""

    def __init__(self, image, root):
        self.image, self.root = image, root

    def add(self, path, program, mode=0o755):
        self.image.copy(path, program, mode)
        self.add_libraries(program)

    def add_library(self, name):
        """A library that is opened while running, which no program names."""
        for folder in (self.root / "usr" / LIBRARIES, self.root / LIBRARIES, pathlib.Path("/", LIBRARIES), pathlib.Path("/usr", LIBRARIES)):
            if (folder / name).exists():
                return self.add(f"{LIBRARIES}/{name}", folder / name)
        raise FileNotFoundError(name)

    def add_libraries(self, program):
        search = f"{self.root}/usr/{LIBRARIES}:{self.root}/{LIBRARIES}"
        listed = subprocess.run(["ldd", program], env={**os.environ, "LD_LIBRARY_PATH": search}, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL).stdout  # a static program has none, and exit code 1
        missing = re.findall(r"(\S+) => not found", listed)
        if missing:
            raise FileNotFoundError(f"{program} needs {', '.join(missing)}; name its package in tests/xen/host/image.py")
        for name, path in re.findall(r"^\t(\S+) => (/\S+)", listed, re.MULTILINE):
            self._library(f"{LIBRARIES}/{name}", path)
        for loader in re.findall(r"^\t(/lib64/\S+)", listed, re.MULTILINE):
            self._library(loader, loader)

    def _library(self, path, source):
        if path not in self.image:
            self.image.copy(path, pathlib.Path(source), 0o755)


class Python:
    """This machine's Python with the modules that ours really import, compiled: nothing is to be compiled under emulation."""

    # Imported when first needed, not at the start.
    LATER = ("encodings.utf_8", "encodings.ascii", "encodings.latin_1", "encodings.idna", "linecache", "tokenize")

    def __init__(self, programs, tests):
        self.programs, self.image, self.tests = programs, programs.image, tests
        self.library = pathlib.Path(sysconfig.get_path("stdlib"))
        # Python finds its library from where it lies itself.
        self.home = f"/usr/lib/python{sys.version_info.major}.{sys.version_info.minor}"

    def add(self, *modules):
        self.programs.add("/usr/bin/python3", pathlib.Path(sys.executable).resolve())
        with tempfile.TemporaryDirectory() as scratch:
            for source in self._sources(modules):
                self._add_module(source, pathlib.Path(scratch) / "compiled")

    def _sources(self, modules):
        names = ", ".join([*modules, *self.LATER])
        listing = (f"import sys; sys.path.insert(0, {str(self.tests)!r}); import {names}\n"
                   "print(*{s.origin for m in sys.modules.values() if (s := getattr(m, '__spec__', None))} - {None, 'built-in'}, sep='\\n')\n"
                   # Frozen ones have their files too, for tracebacks and as the landmark that Python looks for.
                   "print(*{m.__file__ for m in sys.modules.values() if hasattr(m, '__file__')}, sep='\\n')")
        printed = subprocess.run([sys.executable, "-S", "-c", listing], check=True, text=True, stdout=subprocess.PIPE).stdout
        return {pathlib.Path(p) for p in [*printed.split(), self.library / "os.py"] if str(p).startswith("/")}

    def _add_module(self, source, scratch):
        if source.suffix == ".so":
            return self.programs.add(f"{self.home}/lib-dynload/{source.name}", source)
        base = self.tests if source.is_relative_to(self.tests) else self.library
        py_compile.compile(str(source), cfile=str(scratch), dfile=str(source.relative_to(base)), doraise=True,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        self.image.file(f"{self.home}/{source.relative_to(base)}c", scratch.read_bytes())
