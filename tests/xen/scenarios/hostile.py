"""An AppVM whose frontend means ill: it may cost itself its vif, and nobody else anything."""
import time

from netlab.shell import wait_until

from ..registry import expect, scenario

# No correct frontend does these, so the vif is shut until dom0 makes it anew.
FATAL = ("producer-ahead", "producer-behind", "packet-cut-off", "unknown-extra", "endless-extras", "beyond-page", "absurd-size",
         "gso-of-zero", "gso-of-no-type", "nodes-removed")
# These cost packets, and the vif goes on.
HARMLESS = ("bad-grants", "too-many-slots", "sizes-disagree", "empty-packets", "bad-rx-grants", "storm")
# What a frontend may say in xenstore that is not so.
LIES = ({"tx-ring-ref": "99999999"}, {"tx-ring-ref": "minus one"}, {"rx-ring-ref": ""}, {"event-channel": "0"},
        {"event-channel": "4000000000"}, {"tx-ring-ref": "8", "rx-ring-ref": "8", "event-channel": "1"}, {"request-rx-copy": "0"},
        {"multi-queue-num-queues": "4294967295"}, {"multi-queue-num-queues": "2"}, {"tx-ring-ref": "9" * 1500})


class Hostile:
    """An AppVM without netfront, and its vif for the hostile program."""

    def __init__(self, bed):
        self.bed, self.app = bed, bed.app
        self.process = bed.gateway.run("cat /run/sallyport.pid").output
        self.steady = bed.other.steady_ping()
        self.app.run("echo vif-0 > /sys/bus/xen/drivers/vif/unbind; rmmod xen_netfront")  # a bound driver stays

    def attack(self, name):
        """The state in which the backend is afterwards."""
        done = self.app.run(f"hostile_frontend 0 {name}", timeout=90)
        self.expect_alive(name)
        return done.output.strip()

    def expect_alive(self, after):
        expect(self.bed.sallyport.running(), f"Sallyport has ended after {after}")

    def renew(self):
        """A new vif from dom0, as for a restarted AppVM."""
        self.app.detach()
        self.bed.toolstack.xl("network-attach", self.app.guest.domid, *self.app.vif().split(","))

    def end(self):
        """netfront comes back and gets through; nobody else has noticed anything."""
        self.renew()
        self.app.run(f"insmod /mod/xen-netfront.ko max_queues=1; net-up {self.app.address}")
        expect(self.app.ping() > 0, "the AppVM does not get through with netfront again")
        self.steady.expect_undisturbed()
        self.expect_alive("everything")


@scenario("a frontend that breaks the ring's protocol loses its vif, and nobody else notices", seconds=300, pvh=True)
def fatal_attacks(bed):
    hostile = Hostile(bed)
    for name in FATAL:
        state = hostile.attack(name)
        expect(state == "backend 6", f"{name} was not the end of the vif: {state}")
        hostile.renew()
    hostile.end()


@scenario("a frontend with packets that cannot be, and storms of them, keeps its vif, and nobody else notices", seconds=200, pvh=True)
def harmless_attacks(bed):
    hostile = Hostile(bed)
    for name in HARMLESS:
        state = hostile.attack(name)
        expect(state == "backend 4", f"{name} was the end of the vif: {state}")
    hostile.attack("rewriting")  # may be taken for either
    hostile.end()


@scenario("a frontend that sends events faster than they are taken keeps nobody waiting: its neighbour gets through, and status is answered",
          seconds=240)
def event_storm(bed):
    bed.restart_sallyport(preload="/usr/lib/slow_events.so")
    wait_until(bed.other.gets_through, 30 * bed.patience, "the other AppVM to get through", every=0.5)
    hostile = Hostile(bed)
    storm = bed.app.start("hostile_frontend 0 events")
    device = f"/local/domain/{bed.gateway.domid}/backend/vif/{bed.app.guest.domid}/0/state"
    wait_until(lambda: bed.store.read(device) == "4", 20 * bed.patience, "the hostile frontend to be connected", every=0.1)
    time.sleep(1)
    expect(not storm.done(), "the storm is over before anybody was asked")
    started = time.monotonic()
    expect(bed.other.ping(count=3, wait=2) == 3, "the other AppVM lost pings in the storm")
    bed.sallyport.status()
    expect(not storm.done(), f"it took {time.monotonic() - started:.1f} s, until the storm was over")
    expect(storm.wait(60).output.strip() == "backend 4", "the storm was the end of the vif")
    hostile.end()
    bed.restart_sallyport()


@scenario("a frontend that lies in xenstore and changes its state without end gets nothing, and nobody else notices", seconds=200)
def lies_and_flapping(bed):
    hostile = Hostile(bed)
    device = "device/vif/0"
    truth = "tx-ring-ref 8 rx-ring-ref 9 event-channel 5 request-rx-copy 1 multi-queue-num-queues 1"
    truth = dict(zip(truth.split()[::2], truth.split()[1::2]))
    for lie in LIES:
        nodes = " ".join(f"{device}/{key} '{value}'" for key, value in {**truth, **lie}.items())
        hostile.app.run(f"xenstore-write {device}/state 1; sleep 1; xenstore-write {nodes} {device}/state 4; sleep 1")
        hostile.expect_alive(lie)
    for states in ("0 1 2 3 4 5 6 7 8", "4 6 4 1 4 5 1", "1 4 1 4 6 6 5", "99 -1 x 18446744073709551615"):
        hostile.app.run(f"for round in 1 2 3 4 5; do for state in {states}; do xenstore-write -- {device}/state $state; done; done", check=False)
        hostile.expect_alive(f"states {states}")
    hostile.end()
