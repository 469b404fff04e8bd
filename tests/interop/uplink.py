"""The uplink goes, comes back, and is another one, and time passes without us: the tunnel is up again within seconds, by itself
and without a ping-restart."""
import contextlib
import pathlib
import signal
import time

from netlab.gateway import binary
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import tunnel

SECONDS = 5
# Not by this the loss is found: it takes minutes.
PATIENT = "20 240"


@contextlib.contextmanager
def patient_tunnel(keep, **options):
    with tunnel(keep, ServerSetup(keepalive=PATIENT, **options)) as t:
        t.expect_ping()
        yield t


def expect_traffic_soon(t, since):
    wait_until(lambda: t.app.ping(t.lab.WORLD4, count=1, wait=1) == 1, SECONDS + 3, "a ping through the tunnel")
    took = time.monotonic() - since
    expect(took < SECONDS + 1, f"it took {took:.1f} s")


def set_default_route(t):
    t.lab.gateway_host.run("ip", "route", "replace", "default", "via", t.lab.SERVER4, "dev", "eth0")


@scenario("the uplink gets another address: traffic flows again within seconds")
def other_address(keep):
    for proto in ("udp4", "tcp4"):
        with patient_tunnel(keep, proto=proto) as t:
            host = t.lab.gateway_host
            host.run("ip", "addr", "del", f"{t.lab.GATEWAY4}/24", "dev", "eth0")
            time.sleep(1)
            host.run("ip", "addr", "add", "203.0.113.77/24", "dev", "eth0")
            set_default_route(t)
            expect_traffic_soon(t, time.monotonic())
            expect("the uplink has changed" in t.gateway.log(), t.gateway.log())


@scenario("the uplink gets another address in a network that never ceases to change: it is noticed all the same")
def restless_network(keep):
    with patient_tunnel(keep) as t:
        host = t.lab.gateway_host
        host.run("ip", "link", "add", "restless", "type", "veth", "peer", "name", "restless2")
        host.start("sh", "-c", "while ip addr add 192.0.2.9/32 dev restless && ip addr del 192.0.2.9/32 dev restless; do sleep 0.02; done",
                   log="restless.log")
        host.run("ip", "addr", "del", f"{t.lab.GATEWAY4}/24", "dev", "eth0")
        host.run("ip", "addr", "add", "203.0.113.77/24", "dev", "eth0")
        set_default_route(t)
        wait_until(lambda: "the uplink has changed" in t.gateway.log(), 5, "the gateway to notice")
        expect_traffic_soon(t, time.monotonic())


@scenario("the uplink's interface is taken away and comes back as another one: traffic flows again within seconds")
def other_interface(keep):
    with patient_tunnel(keep) as t:
        t.lab.gateway_host.run("ip", "link", "del", "eth0")
        time.sleep(2)
        expect(t.app.ping(t.lab.WORLD4, count=1, wait=1) == 0, "a ping came through without an uplink")
        t.lab.lay_uplink()
        expect_traffic_soon(t, time.monotonic())


@scenario("a gateway that starts without any network connects within seconds of getting one")
def no_network(keep):
    with tunnel(keep, ServerSetup(keepalive=PATIENT), start=False) as t:
        t.lab.gateway_host.run("ip", "link", "del", "eth0")
        t.gateway.start()
        time.sleep(8)
        expect(t.gateway.state() != "connected" and t.gateway.process.running(), t.gateway.log())
        t.lab.lay_uplink()
        expect_traffic_soon(t, time.monotonic())


@scenario("the uplink is down for a while and comes back as it was: the session outlives it")
def same_again(keep):
    with patient_tunnel(keep) as t:
        host = t.lab.gateway_host
        since = t.gateway.status()["since"]
        host.run("ip", "link", "set", "eth0", "down")
        time.sleep(2)
        host.run("ip", "link", "set", "eth0", "up")
        set_default_route(t)
        expect_traffic_soon(t, time.monotonic())
        expect(t.gateway.status()["since"] == since, t.gateway.log())


@scenario("addresses and routes that have nothing to do with the uplink disturb nothing")
def others_come_and_go(keep):
    with patient_tunnel(keep) as t:
        host, since = t.lab.gateway_host, t.gateway.status()["since"]
        host.run("ip", "addr", "add", "203.0.113.99/24", "dev", "eth0")
        host.run("ip", "link", "add", "other", "type", "veth", "peer", "name", "other1")
        host.run("ip", "addr", "add", "192.0.2.1/24", "dev", "other")
        host.run("ip", "link", "set", "other", "up")
        host.run("ip", "route", "add", "10.99.0.0/16", "dev", "other", check=False)
        time.sleep(1)
        host.run("ip", "link", "del", "other")
        time.sleep(1)
        expect(t.gateway.status()["since"] == since, t.gateway.log())
        t.expect_ping(1)


EIGHT_HOURS = 28800


@scenario("the machine sleeps for eight hours, on a kernel that counts them and on one that does not: traffic flows again within seconds")
def slept(keep):
    # The kernel's own part, a clock that is set, is in tests/xen: a clock belongs to a machine, and here only to a program.
    module = pathlib.Path(binary()).parents[2] / "tests/interop/clock-jump.so"
    for counted in (EIGHT_HOURS, 0):
        with tunnel(keep, ServerSetup(keepalive=PATIENT), start=False) as t:
            numbers = t.lab.directory / "jump"
            numbers.write_text(f"{EIGHT_HOURS} {counted}\n")
            t.gateway.environment = [f"LD_PRELOAD={module}", f"CLOCK_JUMP={numbers}"]
            t.gateway.start().wait_for_state("connected")
            t.expect_ping()
            # By morning the server has forgotten us.
            t.server.kill()
            t.server.start()
            expect(t.app.ping(t.lab.WORLD4, count=1, wait=1) == 0, "the server still knows us")
            t.gateway.process.signal(signal.SIGUSR1)
            expect_traffic_soon(t, time.monotonic())
