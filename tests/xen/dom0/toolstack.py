"""xl, as an administrator would use it. What it prints and how long it takes are part of what is tested."""
import pathlib
import time

from netlab.shell import CommandFailed, run, wait_until

from .guest import Guest

# What costs boot time under emulation and has nothing to do with what is tested.
QUICK = "quiet cryptomgr.notests mitigations=off audit=0 apparmor=0 random.trust_cpu=on"


class Toolstack:
    def __init__(self, store, kinds, patience):
        """`kinds`: "pvh" for the names of guests that are not "pv"."""
        self.store, self.kinds, self.patience = store, kinds, patience

    def xl(self, *arguments, timeout=60, check=True):
        """Runs xl. A complaint about a device that would not come or go counts as failure, even though xl often exits with 0."""
        started = time.monotonic()
        done = run("xl", *arguments, timeout=timeout * self.patience, check=False)
        done.seconds, done.output = time.monotonic() - started, done.stdout + done.stderr
        complaint = next((line for line in done.output.splitlines() if "libxl: error" in line or "timed out" in line), None)
        if check and (done.returncode or complaint):
            raise CommandFailed(f"xl {' '.join(map(str, arguments))}: exit {done.returncode} after {done.seconds:.1f} s\n{done.output}")
        return done

    def create(self, name, role, vifs=(), memory=128, **arguments):
        """Returns the guest as soon as xl has unpaused it."""
        extra = " ".join(["console=hvc0", "rdinit=/init", QUICK, f"role={role}", *(f"{k}={v}" for k, v in arguments.items())])
        kind = self.kinds.get(name, "pv")
        quoted = ", ".join(f"'{vif}'" for vif in vifs)
        config = pathlib.Path(f"/etc/xen/{name}.cfg")
        config.write_text(f'name="{name}"\ntype="{kind}"\nkernel="/boot/vmlinux"\nramdisk="/boot/guest.cpio"\n'
                          f'extra="{extra}"\nmemory={memory}\nvcpus=1\nvif=[{quoted}]\non_crash="destroy"\n')
        self.xl("create", config)
        return self.guest(name)

    def guest(self, name):
        domid = run("xl", "domid", name).stdout.strip()
        return Guest(self.store, name, int(domid), self.patience)

    def destroy(self, guest):
        return self.xl("destroy", guest.domid)

    def shut_down(self, guest, timeout=40):
        """By control/shutdown, as the toolstack asks a guest politely."""
        self.xl("shutdown", guest.domid)
        wait_until(lambda: self.store.read(f"/local/domain/{guest.domid}") is None, timeout * self.patience,
                   f"{guest.name} to shut down")
