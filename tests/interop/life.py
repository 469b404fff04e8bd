"""Servers that come and go, several of them, and the gateway's own comings and goings."""
import time

from netlab.gateway import Gateway
from netlab.lab import Lab
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import APP4, tunnel


@scenario("a server that is killed and started again gets its client back")
def server_restart(keep):
    with tunnel(keep, ServerSetup(keepalive="1 5")) as t:
        t.expect_ping()
        t.server.kill()
        t.gateway.wait_for_state("reconnecting", timeout=20)
        start = time.monotonic()
        refused = t.app.run("ping", "-n", "-c", "1", "-W", "3", t.lab.WORLD4, check=False)
        expect("prohibited" in refused.stdout or "filtered" in refused.stdout.lower(), refused.stdout)
        expect(time.monotonic() - start < 2, "the refusal was not immediate")
        t.server.start()
        t.gateway.wait_for_state("connected", timeout=30)
        t.expect_ping()


@scenario("a server that is killed and comes back carries traffic again within seconds, without a ping-restart, over UDP and TCP")
def sudden_restart(keep):
    for proto, away in (("udp4", 0), ("udp4", 15), ("tcp4", 3)):
        with tunnel(keep, ServerSetup(proto=proto, keepalive="20 240")) as t:
            t.expect_ping()
            t.server.kill()
            until = time.monotonic() + away
            while time.monotonic() < until:
                t.app.ping(t.lab.WORLD4, count=1, wait=1)
            t.server.start()
            back = time.monotonic()
            wait_until(lambda: t.app.ping(t.lab.WORLD4, count=1, wait=1) == 1, 10, f"{proto}: a ping through the tunnel")
            took = time.monotonic() - back
            expect(took < 6, f"{proto}, {away} s away: it took {took:.1f} s\n{t.gateway.log()}")


@scenario("a server that says goodbye is reconnected to at once")
def server_exit(keep):
    with tunnel(keep, ServerSetup(extra=("explicit-exit-notify 1",))) as t:
        t.server.stop()
        wait_until(lambda: t.gateway.state() != "connected", 5, "the tunnel to go down")
        t.server.start()
        t.gateway.wait_for_state("connected", timeout=30)
        t.expect_ping()


@scenario("the second of two remotes is used when the first is dead, over UDP and TCP")
def failover(keep):
    for proto in ("udp4", "tcp4"):
        with tunnel(keep, ServerSetup(proto=proto), start=False) as t:
            dead = f"remote {t.lab.SERVER4} 1999 {proto}" + ("-client" if proto == "tcp4" else "")
            profile = t.server.client_profile(extra=("connect-timeout 3",))
            t.gateway.write_profile(profile.replace("\nremote ", f"\n{dead}\nremote ", 1))
            t.gateway.start().wait_for_state("connected", timeout=20)
            t.expect_ping(1)


@scenario("connection blocks carry their own transport")
def connection_blocks(keep):
    with tunnel(keep, ServerSetup(proto="tcp4"), start=False) as t:
        lines = [l for l in t.server.client_profile().splitlines() if not l.startswith("remote ")]
        blocks = [f"<connection>\nremote {t.lab.SERVER4} 1999 udp4\nconnect-timeout 2\n</connection>",
                  f"<connection>\nremote {t.lab.SERVER4} 1194 tcp4-client\n</connection>"]
        t.gateway.write_profile("\n".join(lines[:3] + blocks + lines[3:]) + "\n")
        t.gateway.start().wait_for_state("connected", timeout=20)
        t.expect_ping(1)


@scenario("two profiles: the second is used when the first one's servers are all dead")
def two_profiles(keep):
    with tunnel(keep, start=False) as t:
        dead = t.server.client_profile(extra=("connect-timeout 2",)).replace(" 1194 ", " 1999 ")
        t.gateway.profiles = [t.gateway.write_profile(dead, "dead.ovpn"), *t.gateway.profiles]
        t.gateway.start().wait_for_state("connected", timeout=20)
        expect(t.gateway.status()["profile"] == "profile.ovpn", t.gateway.status()["profile"])


@scenario("stopping says goodbye, and the server forgets the client at once")
def goodbye(keep):
    with tunnel(keep) as t:
        t.gateway.stop()
        wait_until(lambda: "Delayed exit" in t.server.log(), 5, "the server to notice")


@scenario("a reload takes the changed profile, and a broken one leaves the gateway blocked and running")
def reload(keep):
    with tunnel(keep) as t:
        good = t.server.client_profile()
        t.gateway.write_profile(good + "up /bin/true\n")
        t.gateway.reload()
        t.gateway.wait_for_state("blocked")
        expect("up" in t.gateway.status()["reason"], t.gateway.status()["reason"])
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "a ping came through")
        t.gateway.write_profile(good)
        t.gateway.reload()
        t.gateway.wait_for_state("connected")
        t.expect_ping()


@scenario("two AppVMs at once, who do not see each other")
def two_apps(keep):
    with Lab(keep=keep) as lab:
        server = lab.openvpn_server().start()
        one, two = lab.add_app("a", APP4), lab.add_app("b", "10.137.0.11")
        gateway = Gateway(lab, [])
        gateway.profiles = [gateway.write_profile(server.client_profile())]
        gateway.start().wait_for_state("connected")
        for app in (one, two):
            expect(app.ping(lab.WORLD4, count=3) == 3, "no ping through the tunnel")
        expect(one.ping("10.137.0.11", count=2) == 0, "one AppVM reached the other")
        refused = gateway.status()["counters"]["refused"]
        expect(refused.get("internal destination", 0) >= 2, str(refused))


@scenario("large transfers both ways arrive unchanged, over UDP and TCP")
def transfers(keep):
    for proto in ("udp4", "tcp4"):
        with tunnel(keep, ServerSetup(proto=proto)) as t:
            t.expect_transfers(t.lab.WORLD4)


@scenario("an AppVM that deletes its device, or whose namespace goes, is let go and said so once, costs nothing, and its neighbour goes on")
def device_deleted(keep):
    with tunnel(keep, start=False) as t:
        others = [t.lab.add_app(name, f"10.137.0.{20 + i}") for i, name in enumerate(("b", "c"))]
        t.gateway.start().wait_for_state("connected")
        others[0].run("ip", "link", "del", "eth0")
        run("ip", "netns", "del", others[1].namespace.name)
        wait_until(lambda: len(t.gateway.status()["clients"]) == 1, 5, "the gateway to let its clients go")
        before = t.gateway.cpu_seconds()
        time.sleep(2)
        spent = t.gateway.cpu_seconds() - before
        expect(spent < 0.2, f"it spent {spent:.2f} s of 2 doing nothing")
        expect(t.gateway.log().count("the device is gone") == 2, t.gateway.log())
        t.expect_ping()
