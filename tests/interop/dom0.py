"""What dom0 says by QubesDB holds: firewall rules, mapped addresses, resolvers; with a stand-in for QubesDB's daemon."""
import contextlib
import time

from netlab.scenario import expect, scenario
from netlab.shell import wait_until
from standin.qubesdb import QubesDb

from .common import APP4, tunnel

ACCEPT_ALL = ["action=accept"]


@contextlib.contextmanager
def tunnel_with_qubesdb(keep):
    """Everything is ready, and the gateway not started: dom0 can speak first."""
    with tunnel(keep, start=False) as t, QubesDb(t.lab.directory / "qubesdb.sock") as t.db:
        t.gateway.arguments += ["--qubesdb", f"socket:{t.db.path}"]
        yield t


def wait_for_qubesdb(t, state):
    wait_until(lambda: t.gateway.status()["qubesdb"]["state"] == state, 20, f"QubesDB to be {state}")


@contextlib.contextmanager
def ruled_tunnel(keep, rules=None):
    """The tunnel is up, and dom0 has committed these rules, if any, for the AppVM."""
    with tunnel_with_qubesdb(keep) as t:
        if rules is not None:
            t.db.commit_firewall(APP4, rules)
        t.gateway.start().wait_for_state("connected")
        wait_for_qubesdb(t, "synchronised")
        yield t


def listen(t, *ports):
    for port in ports:
        t.lab.world.start("ncat", "-lk", t.lab.WORLD4, str(port), log=f"listener-{port}.log")
    for port in ports:
        t.wait_for_listener(port)


def connects(t, port):
    return t.app.run("ncat", "-z", "-w", "3", t.lab.WORLD4, str(port), check=False, timeout=10).returncode == 0


def changes(t, action):
    """Does it, and waits until the gateway has heard of it."""
    before = t.gateway.status()["qubesdb"]["changes"]
    action()
    wait_until(lambda: t.gateway.status()["qubesdb"]["changes"] > before, 10, "the change")


@scenario("dom0: a qube without rules may do nothing, and with them what they say")
def rules_hold(keep):
    with ruled_tunnel(keep) as t:
        listen(t, 80, 443)
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0 and not connects(t, 443), "there are no rules, and it passes")
        changes(t, lambda: t.db.commit_firewall(APP4, [f"action=accept proto=tcp dst4={t.lab.WORLD4}/32 dstports=443-443"]))
        expect(connects(t, 443) and not connects(t, 80), "not what the rules say")
        start = time.monotonic()
        refused = t.app.run("ping", "-c1", "-W3", t.lab.WORLD4, check=False, timeout=10)
        expect("Packet filtered" in refused.stdout and time.monotonic() - start < 1, refused.stdout)
        changes(t, lambda: t.db.commit_firewall(APP4, ["action=accept proto=icmp icmptype=8"]))
        expect(t.app.ping(t.lab.WORLD4, count=1) == 1 and not connects(t, 443), "not what the new rules say")
        counted = t.gateway.status()["clients"][0]["refused"]
        expect(counted.get("by rule", 0) >= 4, str(counted))


@scenario("dom0: rules that are not committed yet do not count, and what is no rule drops everything")
def commits(keep):
    with ruled_tunnel(keep, ACCEPT_ALL) as t:
        t.expect_ping(1)
        t.db.rm(f"/qubes-firewall/{APP4}/")
        t.db.write(f"/qubes-firewall/{APP4}/policy", "drop")
        time.sleep(0.5)
        t.expect_ping(1)
        changes(t, lambda: t.db.write(f"/qubes-firewall/{APP4}", ""))
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "the commit did not count")
        changes(t, lambda: t.db.commit_firewall(APP4, [*ACCEPT_ALL, "action=accept colour=blue"], policy="accept"))
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "an unknown key did not drop everything")
        log = t.gateway.log()
        expect(log.count(f"the firewall of {APP4} drops everything") == 1 and "colour" in log, log)


@scenario("dom0: a connection that is open ends when its rule goes, and stays when it stays")
def open_flows(keep):
    with ruled_tunnel(keep, ACCEPT_ALL) as t:
        listen(t, 80, 443)
        kept, ended = (t.app.namespace.start("sh", "-c", f"(while sleep 0.2; do echo x; done) | ncat {t.lab.WORLD4} {port}",
                                             log=f"open-{port}.log") for port in (443, 80))
        wait_until(lambda: t.gateway.status()["counters"]["flows"] == 2, 10, "two flows")
        changes(t, lambda: t.db.commit_firewall(APP4, ["action=accept proto=tcp dstports=443-443"]))
        wait_until(lambda: not ended.running(), 10, "the end of what is not allowed any more")
        expect(kept.running() and t.gateway.status()["counters"]["flows"] == 1, str(t.gateway.status()["counters"]))


@scenario("dom0: the rules stay when QubesDB goes away, and when the gateway reconnects")
def rules_stay(keep):
    with ruled_tunnel(keep, ["action=accept proto=tcp dstports=443-443"]) as t:
        listen(t, 80, 443)
        t.db.stop()
        wait_for_qubesdb(t, "lost")
        expect(connects(t, 443) and not connects(t, 80), "the rules are gone with QubesDB")
        t.gateway.reload()
        t.gateway.wait_for_state("connected")
        expect(connects(t, 443) and not connects(t, 80), "the rules are gone after a reload")
        t.db.start()
        wait_for_qubesdb(t, "synchronised")
        changes(t, lambda: t.db.commit_firewall(APP4, ["action=accept proto=tcp dstports=80-80"]))
        expect(connects(t, 80) and not connects(t, 443), "rules written later do not count")


@scenario("dom0: a qube with a fake address uses that one, and has the rules of its own")
def fake_ip(keep):
    with ruled_tunnel(keep, ACCEPT_ALL) as t:
        t.expect_ping(1)
        changes(t, lambda: t.db.write(f"/mapped-ip/{APP4}/visible-ip", "192.168.1.128"))
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "the qube still has its own address")
        t.app.run("ip", "addr", "add", "192.168.1.128/32", "dev", "eth0")
        t.app.run("ip", "addr", "del", f"{APP4}/32", "dev", "eth0")
        t.expect_ping(1)
        changes(t, lambda: t.db.commit_firewall(APP4, []))
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "the rules are not those of its own address")


@scenario("dom0: the resolvers that it names for the uplink are asked for the server")
def uplink_resolvers(keep):
    with tunnel_with_qubesdb(keep) as t:
        lab = t.lab
        lab.start_dns(lab.server, lab.SERVER4, {"vpn.example.net": lab.SERVER4}, "dns.log")
        lab.gateway_host.resolv_conf("203.0.113.77")
        t.db.write("/qubes-primary-dns", lab.SERVER4)
        profile = t.gateway.profiles[0]
        profile.write_text(profile.read_text().replace(f"remote {lab.SERVER4}", "remote vpn.example.net"))
        t.gateway.start().wait_for_state("connected")
