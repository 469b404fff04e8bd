"""Many clients at once: 200 of ours in one process and 5 real ones, all pinging and rekeying. CROWD_SECONDS is 180 for the
full measurement."""
import os
import pathlib
import re

from netlab.gateway import binary
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab, password_line

SECONDS = int(os.environ.get("CROWD_SECONDS", "40"))
COUNT = int(os.environ.get("CROWD_CLIENTS", "200"))
REAL = 5


@scenario("crowd: 200 clients of ours and 5 real ones ping and rekey every 10 s, and nothing is lost")
def crowd(keep):
    extra = ("duplicate-cn", "reneg-sec 10", "connect-freq-initial 1000 10", "max-clients 1000")
    with ServerLab(OurServer(extra=extra, ipv6=False), keep=keep) as lab:
        lab.start()
        # What the first client brings along belongs to nobody.
        lab.client("warm").stop()
        before = lab.resident_kib()
        profile = lab.directory / "crowd.ovpn"
        profile.write_text(lab.profile("crowd", extra=("reneg-sec 0",)))
        program = pathlib.Path(binary()).resolve().parents[2] / "tests/server/crowd"
        process = lab.client_host("crowd").start(program, lab.SERVER4, "1194", profile, COUNT, SECONDS, log="crowd.log")
        process.wait_for("connected", 90)
        crowded = lab.resident_kib()
        real = [lab.client(f"real{i}") for i in range(REAL)]
        got = [client.ping("10.8.0.1", count=20, interval=0.2) for client in real]
        process.process.wait(SECONDS + 60)
        connected = int(re.search(r"connected (\d+)", process.output())[1])
        sent, answered, downs = map(int, re.findall(r"sent (\d+) answered (\d+) downs (\d+)", process.output())[-1])
        each = (crowded - before) / COUNT
        print(f"     {connected} connected, {sent} pings, {answered} answered, {downs} tunnels down, {each:.1f} KiB for each client, "
              f"{lab.cpu_seconds():.1f} s of processor time", flush=True)
        expect(connected == COUNT and downs == 0, f"{process.output()}\n{lab.log()[-2000:]}")
        expect(answered == sent and sent >= COUNT * SECONDS, process.output())
        expect(got == [20] * REAL, f"the real clients' pings: {got}")


@scenario("crowd: 150 clients who log in at once with the right password all come in, and none is told that it is wrong")
def passwords(keep):
    extra = ("duplicate-cn", "connect-freq-initial 1000 10", "auth-user-file users")
    with ServerLab(OurServer(extra=extra, ipv6=False), keep=keep) as lab:
        (lab.directory / "users").write_text(password_line("alice", "wonderland"))
        lab.start()
        profile = lab.directory / "crowd.ovpn"
        profile.write_text(lab.profile("crowd") + "<auth-user-pass>\nalice\nwonderland\n</auth-user-pass>\n")
        program = pathlib.Path(binary()).resolve().parents[2] / "tests/server/crowd"
        process = lab.client_host("crowd").start(program, lab.SERVER4, "1194", profile, 150, 1, log="crowd.log")
        process.wait_for("connected", 90)
        expect("connected 150" in process.output() and "refused" not in lab.log() and "turned away" not in lab.log(),
               f"{process.output()}\n{lab.log()[-2000:]}")
