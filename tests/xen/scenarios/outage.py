"""The server goes and comes; the AppVMs are told at once, and need not be touched."""
from ..dom0.outside import WORLD
from ..registry import expect, scenario


@scenario("the server is killed: AppVMs are refused at once; it comes back: they get through again", seconds=120)
def server_outage(bed):
    bed.server.kill()
    bed.sallyport.wait_for_state("reconnecting", "connecting")
    for app in bed.apps:
        before = app.unreachables()
        expect(app.ping(count=2, wait=2) == 0, f"{app.name} got through")
        expect(app.unreachables() == before + 2, f"{app.name} was told {app.unreachables() - before} times")
        # Without an answer, wget would wait out its minute.
        fetched = app.run(f"cut -d. -f1 /proc/uptime; timeout 60 wget -q -O /dev/null http://{WORLD}/small; echo $?; cut -d. -f1 /proc/uptime",
                          timeout=90)
        started, code, ended = fetched.output.split()[:1] + fetched.output.split()[-2:]
        expect(code != "0" and int(ended) - int(started) < 20, f"{app.name} was not refused at once: {fetched.output}")
    bed.server.start()
    bed.sallyport.wait_for_state("connected")
    for app in bed.apps:
        expect(app.ping() > 0, f"{app.name} does not get through again")
