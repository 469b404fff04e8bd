"""What it is all for: AppVMs with a stock netfront get through the tunnel."""
from ..dom0.dns import ANSWER, NAME
from ..registry import expect, scenario


@scenario("both AppVMs ping a host behind the server and look up its name", seconds=120, pvh=True)
def ping_and_dns(bed):
    for app in bed.apps:
        expect(app.ping(count=5) == 5, f"{app.name} lost pings")
        looked_up = app.run(f"nslookup {NAME}", check=False).output
        expect(ANSWER in looked_up, f"{app.name} does not find {NAME}: {looked_up}")


# A tunnel packet holds less than 1,500 bytes of the two files, and something has to acknowledge them.
@scenario("both AppVMs fetch 20 MB at the same time, unchanged", seconds=300, uplink=28000, pvh=True)
def fetch(bed):
    jobs = [(app, app.fetch()) for app in bed.apps]
    for app, job in jobs:
        app.expect_fetched(job)


@scenario("large packets cross the ring whole, and no bit of them is lost on the way up", seconds=120, pvh=True)
def upload(bed):
    bed.world.start("nc", "-l", "-p", "9", "-e", "md5sum", log="sink.log")  # what came is answered with its digest
    bed.app.run(f"head -c {4 << 20} /dev/urandom > /tmp/up")
    sent = bed.app.run("md5sum < /tmp/up").output
    received = bed.app.run("nc 198.51.100.10 9 < /tmp/up; rm /tmp/up", timeout=100).output
    expect(received == sent, f"the world got something else: {received} and not {sent}")
