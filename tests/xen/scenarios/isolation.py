"""Who may not reach whom, and what is not believed."""
from ..dom0.outside import UPLINK, WORLD
from ..registry import expect, scenario

OTHER_MAC = "00:16:3e:5e:6c:77"


@scenario("AppVMs reach neither each other nor the gateway, and are told so", seconds=90, quick=True)
def no_neighbours(bed):
    before = bed.sallyport.refused(bed.app.address, "internal destination")
    for address in (bed.other.address, "10.137.0.1", UPLINK):
        expect(bed.app.ping(address, count=2, wait=2) == 0, f"{address} answered")
    listening = bed.gateway.start("timeout 20 nc -l -p 7777")
    expect(bed.app.run("nc -w 3 10.137.0.1 7777 < /dev/null", check=False).returncode != 0, "the gateway let a connection in")
    bed.gateway.run("killall nc", check=False)
    listening.wait(30)
    refused = bed.sallyport.refused(bed.app.address, "internal destination") - before
    expect(refused >= 5, f"{refused} refusals were counted")


@scenario("a source address that is not its own gets an AppVM nowhere, and is counted", seconds=90, quick=True)
def spoofed_address(bed):
    reason = "spoofed address"
    before = bed.sallyport.refused(bed.app.address, reason)
    for address in ("10.137.0.77", bed.other.address):
        bed.app.run(f"ip addr add {address}/32 dev eth0")
        answered = bed.app.run(f"ping -c 3 -i 0.3 -W 2 -I {address} {WORLD}", check=False).returncode == 0
        bed.app.run(f"ip addr del {address}/32 dev eth0")
        expect(not answered, f"pings from {address} were answered")
    refused = bed.sallyport.refused(bed.app.address, reason) - before
    expect(refused >= 6, f"{refused} refusals were counted")
    expect(bed.app.ping() > 0 and bed.other.ping() > 0, "the AppVMs do not get through any more")


@scenario("a MAC address that is not its own gets an AppVM nowhere, and is counted", seconds=90, quick=True)
def spoofed_mac(bed):
    reason = "spoofed MAC address"
    before = bed.sallyport.refused(bed.app.address, reason)
    own = bed.app.run("cat /sys/class/net/eth0/address").output.strip()
    _change_mac(bed.app, OTHER_MAC)
    expect(bed.app.ping(wait=2) == 0, "pings were answered")
    _change_mac(bed.app, own)
    refused = bed.sallyport.refused(bed.app.address, reason) - before
    expect(refused >= 3, f"{refused} refusals were counted")
    expect(bed.app.ping() > 0, "the AppVM does not get through any more")


def _change_mac(app, mac):
    app.run(f"ip link set eth0 down; ip addr flush dev eth0; ip link set eth0 address {mac}; net-up {app.address}")
