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
    size = 4 << 20
    sink = bed.world.start("sh", "-c", "nc -l -p 9 | sha256sum", log="sink.log")
    bed.app.run(f"head -c {size} /dev/urandom > /tmp/up; nc -w 60 198.51.100.10 9 < /tmp/up", timeout=100)
    wanted = bed.app.run("sha256sum < /tmp/up; rm /tmp/up").output
    sink.process.wait(60)
    expect(sink.output() == wanted, f"the world got something else: {sink.output()} and not {wanted}")
