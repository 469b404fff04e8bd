"""dom0's rules, over a real vchan from dom0."""
from netlab.shell import wait_until
from standin.qubesdb_vchan import VchanQubesDb

from ..dom0.outside import WORLD
from ..registry import expect, scenario

ACCEPT_PING = ["action=accept proto=icmp"]


@scenario("QubesDB over a vchan from dom0: rules hold, change under way, and outlive the gateway's own end", seconds=200)
def rules(bed):
    db = VchanQubesDb(bed.gateway.domid)
    db.commit_firewall(bed.app.address, ACCEPT_PING)
    db.start()
    bed.restart_sallyport("netback", qubesdb="vchan")
    bed.wait_for_qubesdb("synchronised")
    wait_until(lambda: bed.app.ping(count=1) == 1, 30 * bed.patience, "a ping that a rule allows", every=0.5)
    expect(bed.other.ping(count=2, wait=2) == 0, "an AppVM without rules got through")
    expect(bed.app.run(f"timeout 10 wget -q -O /dev/null http://{WORLD}/small", check=False, timeout=30).returncode != 0, "TCP is not allowed, and passed")
    db.commit_firewall(bed.other.address, ["action=accept"])
    wait_until(lambda: bed.other.ping(count=1) == 1, 20 * bed.patience, "a ping of who has rules now", every=0.5)
    bed.other.expect_fetched(bed.other.fetch("small"), "small")
    db.commit_firewall(bed.app.address, ["action=drop"])
    wait_until(db.all_heard, 10 * bed.patience, "all changes to be acknowledged")
    expect(bed.app.ping(count=2, wait=2) == 0, "what is not allowed any more passed")
    expect(bed.sallyport.client(bed.app.address)["refused"].get("by rule", 0) >= 3, f"{bed.sallyport.client(bed.app.address)}")
    bed.sallyport.kill()
    bed.sallyport.start().wait_for_state("connected")
    wait_until(lambda: db.reads() == 2, 20 * bed.patience, "everything to be read again")
    bed.wait_for_qubesdb("synchronised")
    wait_until(lambda: bed.other.ping(count=1) == 1, 20 * bed.patience, "a ping after the gateway was started again", every=0.5)
    expect(bed.app.ping(count=2, wait=2) == 0 and not db.problems, f"{db.problems}")
    bed.restart_sallyport()
