"""What it is all for: AppVMs with a stock netfront get through the tunnel."""
from ..dom0.dns import ANSWER, NAME
from ..dom0.outside import WORLD, World
from ..registry import expect, scenario


@scenario("both AppVMs ping a host behind the server and look up its name", seconds=120, quick=True, pvh=True)
def ping_and_dns(bed):
    for app in bed.apps:
        expect(app.ping(count=5) == 5, f"{app.name} lost pings")
        looked_up = app.run(f"nslookup {NAME}", check=False).output
        expect(ANSWER in looked_up, f"{app.name} does not find {NAME}: {looked_up}")


class RingUse:
    """What crosses an AppVM's ring one way from now on."""

    def __init__(self, bed, app, way):
        self.bed, self.app, self.way = bed, app, way
        self.before = self._now()

    def _now(self):
        return self.bed.sallyport.client(self.app.address)["rings"][self.way]

    def expect_super_packets(self, size):
        """Fails unless `size` bytes came in packets of more than a page, with at most one notification a batch."""
        after = self._now()
        packets, batches, notifications = (after[k] - self.before[k] for k in ("packets", "batches", "notifications"))
        expect(packets < size // 4096, f"{packets} packets for {size} bytes")
        expect(notifications <= batches <= packets, f"{notifications} notifications for {batches} batches of {packets} packets")
        expect(after["refused"] == self.before["refused"], f"refused: {after['refused']}")


# A tunnel packet holds less than 1,500 bytes of the two files, and something has to acknowledge them.
@scenario("both AppVMs fetch 20 MB at the same time, unchanged", seconds=300, uplink=28000, pvh=True)
def fetch(bed):
    uses = [RingUse(bed, app, "rx") for app in bed.apps]
    jobs = [(app, app.fetch()) for app in bed.apps]
    for app, job in jobs:
        app.expect_fetched(job)
    for use in uses:
        use.expect_super_packets(World.SIZES["large"])


@scenario("large packets cross the ring whole, and no bit of them is lost on the way up", seconds=120, pvh=True)
def upload(bed):
    size = 4 << 20
    use = RingUse(bed, bed.app, "tx")
    bed.world.start("nc", "-l", "-p", "9", "-e", "md5sum", log="sink.log")  # what came is answered with its digest
    bed.app.run(f"head -c {size} /dev/urandom > /tmp/up")
    sent = bed.app.run("md5sum < /tmp/up").output
    received = bed.app.run(f"nc {WORLD} 9 < /tmp/up; rm /tmp/up", timeout=100).output
    expect(received == sent, f"the world got something else: {received} and not {sent}")
    use.expect_super_packets(size)
