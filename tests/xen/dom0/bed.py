"""The bed that the scenarios share: dom0 with its server, the gateway, two AppVMs. What a scenario needs is made ready before it,
and made anew if one before has left it broken."""
from netlab.shell import CommandFailed, wait_until

from .appvm import AppVm
from .gateway import Sallyport
from .outside import LOGS, UPLINK, Server, World
from .toolstack import Toolstack
from .uplink import Recorder
from .xenstore import XenStore

UPLINK_VIF = f"ip={UPLINK},mac=00:16:3e:00:00:01,script=/etc/xen/scripts/vif-uplink"


class Bed:
    def __init__(self, setup):
        self.patience = setup["patience"]
        LOGS.mkdir(parents=True, exist_ok=True)
        self.store = XenStore()
        self.toolstack = Toolstack(self.store, setup["kinds"], self.patience)
        self.server, self.world = Server(), None
        self.gateway = None  # the domain
        self.sallyport = None
        # The second's netfront asks for two queues, if it may, as one with two processors does.
        self.apps = [AppVm(self.toolstack, 1), AppVm(self.toolstack, 2, queues=2)]
        self._trusted, self._recorder = True, None

    @property
    def app(self):
        return self.apps[0]

    @property
    def other(self):
        return self.apps[1]

    def prepare(self, needs):
        """`needs`: "domain": the gateway's domain, Sallyport not running. "tunnel": also connected, AppVMs or not.
        "apps": also two AppVMs that get through."""
        if self.world is None:
            self.world = World()
        if not self.server.running():
            self.server.start()
        if self.gateway is None or not self.gateway.alive():
            self.gateway = self.toolstack.create("gateway", "gateway", (UPLINK_VIF,)).wait_ready()
            self.sallyport = None
        if needs == "domain":
            return
        if self.sallyport is None or not self.sallyport.running():
            self.sallyport = Sallyport(self.gateway).start()
        self.sallyport.wait_for_state("connected")
        if needs == "apps":
            self._prepare_apps()

    def _prepare_apps(self):
        for app in self.apps:
            if app.alive() and not self._trusted and not app.gets_through():
                self.toolstack.xl("destroy", app.guest.domid, check=False)
                app.guest = None
        missing = [app for app in self.apps if not app.alive()]
        for app in missing:
            app.create()
        for app in self.apps:
            app.wait_ready()
            if not app.gets_through():
                raise AssertionError(f"{app.name} does not get through, before the scenario has begun")
        self._trusted = True

    def describe(self):
        """Lines about what a failed scenario has left: who used the processor, and every vif's nodes."""
        lines = self.toolstack.xl("list", check=False).output.splitlines()
        guests = [g for g in (self.gateway, *(app.guest for app in self.apps)) if g is not None and g.alive()]
        for guest in guests:
            for part in ("backend/vif", "device/vif"):
                lines += [f"{path} = {value}" for path, value in self.store.tree(guest.node(part)).items()]
        if self.gateway in guests:
            lines += self.gateway.run("top -b -n 1 | head -12", check=False).output.splitlines()
        return "\n".join(lines)

    def distrust(self):
        """A scenario has failed: nobody knows what it left behind. Sallyport is started anew, and so are AppVMs that then still
        do not get through."""
        if self._recorder is not None:
            self._recorder.stop()
            self._recorder = None
        self._trusted = False
        try:
            if self.sallyport is not None and self.sallyport.running():
                self.sallyport.kill()
        except (CommandFailed, TimeoutError):
            self.toolstack.xl("destroy", self.gateway.domid, check=False)

    def watch_uplink(self):
        self._recorder = Recorder(f"vif{self.gateway.domid}.0")

    def judge_uplink(self, at_least):
        """Fails if the uplink has carried anything but the tunnel since watch_uplink(). Returns what it has seen, in words."""
        if self._recorder is None:
            return "not watched"
        recorder, self._recorder = self._recorder, None
        tunnel, leaks = recorder.stop()
        if leaks:
            raise AssertionError(f"{len(leaks)} packets on the uplink are not the tunnel's: {leaks[:4]}")
        if tunnel < at_least:
            raise AssertionError(f"only {tunnel} packets of the tunnel were seen on the uplink")
        return f"{tunnel} packets of the tunnel, and nothing else"

    def backend_nodes(self, guest):
        """What xenstore has in the gateway's name about this guest's vifs."""
        return self.store.tree(f"/local/domain/{self.gateway.domid}/backend/vif/{guest.domid}")

    def wait_for_qubesdb(self, state):
        wait_until(lambda: self.sallyport.status()["qubesdb"]["state"] == state, 20 * self.patience, f"QubesDB to be {state}", every=0.5)

    def restart_sallyport(self, *downstreams, qubesdb="none", preload=None):
        if self.sallyport is not None and self.sallyport.running():
            self.sallyport.stop()
        self.sallyport = Sallyport(self.gateway, downstreams or ("netback",), qubesdb, preload).start()
        return self.sallyport.wait_for_state("connected")
