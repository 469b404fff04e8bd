"""The connection to QubesDB, with a stand-in for its daemon: it is made, lasts, and is made again."""
import contextlib
import time

from netlab.gateway import Gateway
from netlab.lab import Lab
from netlab.scenario import expect, scenario
from netlab.shell import wait_until
from standin.qubesdb import CMD_WRITE, QubesDb

RULES = ["action=accept proto=tcp dstports=443-443", (7, "action=drop")]


class World:
    def __init__(self, lab, source=None):
        self.path = lab.directory / "qubesdb.sock"
        self.gateway = Gateway(lab, [], ["--qubesdb", source or f"socket:{self.path}"])

    def status(self):
        return self.gateway.status()["qubesdb"]

    def wait_for(self, state, **values):
        """State and values, as `status` tells them."""
        wanted, seen = {"state": state, **values}, {}

        def there():
            seen.update(self.status())
            return all(seen[key] == value for key, value in wanted.items())
        try:
            wait_until(there, 20, f"QubesDB to be {wanted}")
        except TimeoutError:
            raise TimeoutError(f"QubesDB is {seen}, not {wanted}:\n{self.gateway.log()[-2000:]}") from None
        return seen


@contextlib.contextmanager
def world(keep, source=None):
    with Lab(keep=keep) as lab:
        lab.add_app("a", "10.137.0.10")
        yield World(lab, source)


@scenario("QubesDB: the gateway synchronises, and hears of every commit")
def synchronises(keep):
    with world(keep) as w, QubesDb(w.path) as db:
        db.write("/qubes-ip", "10.137.0.20")
        db.write("/connected-ips", "10.137.0.10 10.137.0.11")
        db.commit_firewall("10.137.0.10", RULES)
        w.gateway.start()
        before = w.wait_for("synchronised", firewalls=1)
        # The firewall, our address, the connected ones, and that it is synchronised.
        expect(before["changes"] == 4, str(before))
        db.write("/qubes-firewall/10.137.0.11/policy", "drop")
        db.write("/qubes-firewall/10.137.0.11/0000", "action=accept")
        db.write("/vm-config/profile", "home")
        w.wait_for("synchronised", firewalls=1, changes=5)
        db.write("/qubes-firewall/10.137.0.11", "")
        w.wait_for("synchronised", firewalls=2, changes=6)
        db.commit_firewall("10.137.0.10", ["action=drop"])
        w.wait_for("synchronised", firewalls=2, changes=7)
        db.write("/connected-ips", "10.137.0.10 nonsense")
        after = w.wait_for("synchronised", changes=8, ignored={"no connected address": 1})
        expect(after["since"] == before["since"] and not after["refused"], str(after))
        expect(all(kind != CMD_WRITE for kind, _ in db.requests), "the gateway writes to QubesDB")


@scenario("QubesDB: a daemon that is restarted is found again, and nothing is forgotten meanwhile")
def restart(keep):
    with world(keep) as w, QubesDb(w.path) as db:
        db.commit_firewall("10.137.0.10", RULES)
        w.gateway.start()
        w.wait_for("synchronised", firewalls=1, changes=2)
        db.stop()
        w.wait_for("lost", firewalls=1)
        db.commit_firewall("10.137.0.11", RULES)
        db.start()
        # The new rules and that it is synchronised; of what is as it was, nothing.
        w.wait_for("synchronised", firewalls=2, changes=4)
        db.commit_firewall("10.137.0.10", [])
        w.wait_for("synchronised", firewalls=2, changes=5)
        log = w.gateway.log()
        expect(log.count("QubesDB is synchronised") == 2, log)
        expect(log.count("QubesDB is lost") == 1, log)


@scenario("QubesDB: a daemon that comes late is found, one that comes back empty takes no rules away")
def late_and_empty(keep):
    with world(keep) as w:
        w.gateway.start()
        w.wait_for("connecting")
        time.sleep(2)
        log = w.gateway.log()
        expect(log.count("QubesDB: cannot connect to") == 1, f"not one line for several attempts:\n{log}")
        with QubesDb(w.path) as db:
            db.commit_firewall("10.137.0.10", RULES)
            w.wait_for("synchronised", firewalls=1)
        w.wait_for("lost", firewalls=1)
        with QubesDb(w.path):
            w.wait_for("synchronised", firewalls=1)


@scenario("QubesDB: who speaks no QubesDB is refused and counted, and the gateway goes on")
def refused(keep):
    with world(keep) as w, QubesDb(w.path) as db:
        db.commit_firewall("10.137.0.10", RULES)
        w.gateway.start()
        w.wait_for("synchronised", firewalls=1)
        with db.lock:
            db.clients[0].connection.sendall(b"\xff" * 72)
        wait_until(lambda: w.status()["refused"].get("unknown message") == 1, 10, "the refusal")
        w.wait_for("synchronised", firewalls=1)
        expect(w.gateway.process.running(), "the gateway has ended")


@scenario("QubesDB: without the option there is none")
def off(keep):
    with world(keep, "none") as w:
        w.gateway.start()
        expect(w.status() == {"state": "off"}, str(w.status()))
