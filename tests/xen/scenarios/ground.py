"""The ground that everything else stands on: the bed itself, and Sallyport in a domain that has no kernel backend."""
from netlab.shell import run

from ..dom0.gateway import Sallyport
from ..dom0.outside import SERVER, UPLINK, WORLD
from ..registry import expect, scenario


@scenario("dom0 and the gateway reach each other over the gateway's own netfront", seconds=90, needs="domain", quick=True)
def uplink(bed):
    expect(" 0% packet loss" in bed.gateway.run(f"ping -c 3 -i 0.3 {SERVER}").output, "the gateway does not reach dom0")
    run("ping", "-c", "2", "-W", "5", UPLINK)


@scenario("the gateway is a driver domain without a kernel backend", needs="domain", quick=True)
def no_kernel_backend(bed):
    expect("xen_netback" not in bed.gateway.run("cat /proc/modules").output, "xen-netback is loaded")
    expect(bed.gateway.run("ls /sys/class/net").output.split() == ["eth0", "lo"], "there are more devices than eth0 and lo")
    expect(bed.gateway.run("cat /proc/sys/net/ipv4/ip_forward").output.strip() == "0", "ip_forward is not 0")
    expect(bed.gateway.run("sallyport version").output.startswith("sallyport "), "the program does not run there")


@scenario("Sallyport connects from the gateway's domain, and a TAP client gets through", needs="domain", quick=True)
def tap_client(bed):
    sallyport = Sallyport(bed.gateway, ("tap:tap0,ip=10.137.0.99",)).start()
    try:
        sallyport.wait_for_state("connected")
        bed.gateway.run("unshare -n sleep 1000 & echo $! > /run/holder; sleep 1; ip link set tap0 netns $(cat /run/holder)")
        inside = "nsenter -t $(cat /run/holder) -n"
        bed.gateway.run(f"{inside} ip link set tap0 address 00:16:3e:5e:6c:00; {inside} net-up 10.137.0.99 tap0")
        expect(" 0% packet loss" in bed.gateway.run(f"{inside} ping -c 3 {WORLD}").output, "no ping through the tunnel")
    finally:
        sallyport.stop()
        bed.gateway.run("kill $(cat /run/holder)", check=False)
