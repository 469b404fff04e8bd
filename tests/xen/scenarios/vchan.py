"""An AppVM without any network device: its packets come over a vchan (`sallyport link` on its side)."""
from netlab.shell import wait_until

from ..dom0.appvm import AppVm
from ..dom0.dns import ANSWER, NAME
from ..registry import expect, scenario


class Linked:
    """A third AppVM, and the link's two ends."""

    def __init__(self, bed):
        self.bed = bed
        self.app = AppVm(bed.toolstack, 3, wired=False).create().wait_ready()
        bed.restart_sallyport("netback", f"vchan:{self.app.guest.domid},ip={self.app.address}")
        self.start_link()

    def start_link(self):
        self.job = self.app.start(f"echo $$ > /run/link.pid; exec sallyport link --gateway {self.bed.gateway.domid} "
                                  f"--ip {self.app.address} > /dev/console 2>&1")

    def kill_link(self):
        self.app.run("kill -9 $(cat /run/link.pid)")
        self.job.wait()

    def expect_through(self, what):
        wait_until(lambda: self.job.done() or self.app.ping(count=1) == 1, 40 * self.bed.patience, f"a ping over the vchan {what}", every=0.5)
        expect(not self.job.done(), f"the link has ended {what}")


@scenario("an AppVM without any network device works over a vchan, and over nothing else", seconds=240)
def works(bed):
    linked = Linked(bed)
    expect("eth0" not in linked.app.run("ls /sys/class/net").output, "it has a network device after all")
    linked.expect_through("at first")
    expect(ANSWER in linked.app.run(f"nslookup {NAME}", check=False).output, f"it does not find {NAME}")
    linked.app.expect_fetched(linked.app.fetch("small"), "small")
    expect(linked.app.ping(bed.app.address, count=2, wait=2) == 0, "it reached another AppVM")
    _expect_spoofing_refused(bed, linked.app)
    linked.kill_link()
    linked.start_link()
    linked.expect_through("after its own end was started again")
    bed.sallyport.kill()
    bed.sallyport.start().wait_for_state("connected")
    linked.expect_through("after the gateway was started again")
    linked.app.destroy()
    expect(bed.app.ping() > 0 and bed.other.ping() > 0, "the other AppVMs do not get through any more")
    bed.restart_sallyport()


def _expect_spoofing_refused(bed, app):
    before = bed.sallyport.refused(app.address, "spoofed address")
    app.run(f"ip addr add {bed.app.address}/32 dev lo")
    expect(app.run(f"ping -c 3 -i 0.3 -W 2 -I {bed.app.address} 198.51.100.10", check=False).returncode != 0, "spoofed pings were answered")
    refused = bed.sallyport.refused(app.address, "spoofed address") - before
    expect(refused >= 3, f"{refused} refusals were counted")
