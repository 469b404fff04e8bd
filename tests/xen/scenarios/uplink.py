"""The gateway's own network VM is another one, and time passes without it."""
import time

from netlab.shell import wait_until

from ..dom0.bed import UPLINK_VIF
from ..registry import expect, scenario

# Emulated, with the server's reset and TLS in it.
SECONDS = 10


def expect_soon(bed, since):
    for app in bed.apps:
        wait_until(lambda: app.ping(count=1, wait=2) == 1, 30 * bed.patience, f"{app.name} to get through again", every=0.2)
    took = time.monotonic() - since
    expect(took < SECONDS * bed.patience, f"it took {took:.1f} s")


@scenario("the gateway's network VM goes away and comes back: AppVMs get through again within seconds", seconds=200, needs="domain")
def netvm(bed):
    bed.prepare("apps")
    gateway = bed.gateway
    bed.toolstack.xl("network-detach", gateway.domid, 0)
    gateway.run("while [ -e /sys/class/net/eth0 ]; do usleep 50000; done")
    expect(bed.app.ping(count=2, wait=2) == 0, "a ping came through without an uplink")
    bed.toolstack.xl("network-attach", gateway.domid, *UPLINK_VIF.split(","))
    gateway.run("until [ -e /sys/class/net/eth0 ]; do usleep 50000; done; . /lib/bed/uplink.sh")
    expect_soon(bed, time.monotonic())


@scenario("the gateway's clock jumps by eight hours: AppVMs get through again within seconds", seconds=120)
def clock(bed):
    since = bed.sallyport.status()["since"]
    bed.gateway.run("date -s @$(($(date +%s) + 28800))")
    started = time.monotonic()
    wait_until(lambda: bed.sallyport.status()["since"] != since and bed.sallyport.state() == "connected", 30 * bed.patience, "a new connection", every=0.3)
    expect_soon(bed, started)
