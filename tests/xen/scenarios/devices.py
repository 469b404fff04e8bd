"""vifs that come and go while others work."""
from netlab.shell import wait_until

from ..registry import expect, scenario

LIBXL_SECONDS = 10  # libxl gives a backend so long for each step


def _wait_connected(bed, app, device=0):
    path = f"/local/domain/{bed.gateway.domid}/backend/vif/{app.guest.domid}/{device}/state"
    wait_until(lambda: bed.store.read(path) == "4", 10 * bed.patience, f"{app.name}'s vif {device} to connect", every=0.1)


def _expect_gone(bed, app):
    expect(not bed.backend_nodes(app.guest), f"xenstore still has {bed.backend_nodes(app.guest)}")
    expect(bed.sallyport.client(app.address) is None, "status still has the client")


@scenario("a vif is taken from a running AppVM and given back, and the other AppVM does not notice", seconds=120, pvh=True)
def detach_and_attach(bed):
    steady = bed.other.steady_ping()
    bed.app.detach()
    _expect_gone(bed, bed.app)
    bed.app.attach()
    _wait_connected(bed, bed.app)
    expect(bed.app.ping() > 0, "the AppVM does not get through again")
    steady.expect_undisturbed()


@scenario("two vifs with one address are kept apart, and one goes without the other", seconds=120)
def same_address_twice(bed):
    bed.toolstack.xl("network-attach", bed.app.guest.domid, *bed.app.vif().split(","))
    bed.app.run("ip link set eth1 up")
    _wait_connected(bed, bed.app, device=1)
    clients = [c for c in bed.sallyport.status()["clients"] if c["ip"] == bed.app.address]
    expect(len(clients) == 2, f"status has {clients}")
    expect(bed.app.ping() > 0, "the first vif does not work beside the second")
    bed.app.detach(device=1)
    expect(bed.app.ping() > 0, "the first vif does not work after the second")


@scenario("twenty times detached and attached: nothing leaks, nothing stays, xl never waits in vain", seconds=300)
def cycles(bed):
    steady = bed.other.steady_ping()
    bed.app.detach()
    bed.app.wait_without_device()
    before = bed.sallyport.footprint(), bed.store.tree(f"/local/domain/{bed.gateway.domid}/backend").keys()
    for cycle in range(20):
        # Each time with another address: what dom0 says anew is believed, and not what it said before.
        address = f"10.137.0.{100 + cycle}"
        slowest = bed.toolstack.xl("network-attach", bed.app.guest.domid, *bed.app.vif(address).split(",")).seconds
        if cycle % 2:  # half of the time it goes while it is still being connected
            _wait_connected(bed, bed.app)
            expect(bed.sallyport.client(address) is not None, f"no client has {address}")
        slowest = max(slowest, bed.app.detach().seconds)
        bed.app.wait_without_device()
        expect(slowest < LIBXL_SECONDS * bed.patience, f"xl took {slowest:.1f} s")
    expect(bed.store.tree(f"/local/domain/{bed.gateway.domid}/backend").keys() == before[1], "xenstore is not as it was")
    after = bed.sallyport.footprint()
    expect(after.open_files <= before[0].open_files and after.mappings <= before[0].mappings, f"{before[0]} became {after}")
    expect(after.resident_kib < before[0].resident_kib + 512, f"{before[0]} became {after}")
    bed.app.attach()
    expect(bed.app.ping() > 0, "the AppVM does not get through after all that")
    steady.expect_undisturbed()


@scenario("an AppVM is destroyed while it loads a file, and the other one does not notice", seconds=150, pvh=True)
def destroyed_under_load(bed):
    steady = bed.app.steady_ping()
    bed.other.fetch()
    client = bed.sallyport.client(bed.other.address)
    wait_until(lambda: bed.sallyport.client(bed.other.address)["outside_to_inside"]["bytes"] > 1 << 20, 40 * bed.patience, "the load", 0.5)
    victim = bed.other.guest
    bed.other.destroy()
    expect(client is not None and bed.sallyport.client(bed.other.address) is None, "status still has the client")
    expect(not bed.backend_nodes(victim), f"xenstore still has {bed.backend_nodes(victim)}")
    steady.expect_undisturbed()


@scenario("killed and started again under load, it takes its AppVMs up without their noticing", seconds=240, pvh=True)
def killed_under_load(bed):
    frontends = {app: bed.store.tree(app.device()) for app in bed.apps}
    load = bed.app.fetch()
    wait_until(lambda: bed.sallyport.client(bed.app.address)["outside_to_inside"]["bytes"] > 1 << 20, 40 * bed.patience, "the load", 0.5)
    bed.sallyport.kill()
    bed.sallyport.start().wait_for_state("connected")
    for app in bed.apps:
        expect(app.ping() > 0, f"{app.name} does not get through again")
        # A frontend that noticed would have left its state, or made new rings.
        expect(bed.store.tree(app.device()) == frontends[app], f"{app.name}'s frontend has noticed")
    bed.app.run("killall wget", check=False)
    load.wait()
    bed.app.expect_fetched(bed.app.fetch("small"), "small")


@scenario("beside xl devd, vifs come and go as without it", seconds=120)
def beside_devd(bed):
    # Its part is to run the script that the vif names.
    bed.gateway.run("mkdir -p /etc/xen/scripts; cd /etc/xen/scripts; printf '#!/bin/sh\\necho $1 >> /run/hotplug\\n' > none; chmod 755 none")
    bed.gateway.run("insmod /mod/xen-privcmd.ko; mkdir -p /var/log/xen /var/lib/xen; touch /etc/xen/xl.conf")
    devd = bed.gateway.start("echo $$ > /run/devd.pid; exec xl devd -F > /dev/console 2>&1")
    steady = bed.other.steady_ping()
    for cycle in (1, 2):
        bed.app.detach()
        bed.app.wait_without_device()
        bed.app.attach()
        _wait_connected(bed, bed.app)
        expect(bed.app.ping() > 0, "the AppVM does not get through")
        wait_until(lambda: bed.gateway.run("cat /run/hotplug", check=False).output.split().count("online") == cycle,
                   10 * bed.patience, f"xl devd to run the script of vif {cycle}", every=0.3)
    expect(not devd.done(), "xl devd has ended by itself")
    bed.gateway.run("kill $(cat /run/devd.pid)")
    devd.wait()
    steady.expect_undisturbed()
