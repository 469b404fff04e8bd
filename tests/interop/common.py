"""What most scenarios begin with: a server, a gateway, an AppVM behind it."""
import contextlib

from netlab.gateway import Gateway
from netlab.lab import Lab
from netlab.openvpn import ServerSetup
from netlab.scenario import expect
from netlab.shell import wait_until

APP4, APP6 = "10.137.0.10", "fd09:24ef:4179::a89:a"


class Tunnel:
    def __init__(self, lab, server, gateway, app):
        self.lab, self.server, self.gateway, self.app = lab, server, gateway, app

    def expect_ping(self, count=3, **kwargs):
        got = self.app.ping(self.lab.WORLD4, count=count, **kwargs)
        expect(got == count, f"{got} of {count} pings came back\n{self.gateway.log()[-2000:]}\n{self.server.log()[-2000:]}")

    def expect_transfers(self, address):
        """8 MiB down and 8 MiB up, by TCP with the world's `address`, arrive unchanged."""
        world, directory = self.lab.world, self.lab.directory
        sent = directory / "file"
        sent.write_bytes(bytes(i * 7919 >> 3 & 255 for i in range(1 << 20)) * 8)
        world.start("python3", "-m", "http.server", "--bind", address, "--directory", directory, "80", log="http.log")
        self.wait_for_listener(80)
        url = f"http://[{address}]/file" if ":" in address else f"http://{address}/file"
        down, up = directory / "down", directory / "up"
        self.app.run("curl", "-sS", "-o", down, url, timeout=60)
        expect(down.read_bytes() == sent.read_bytes(), f"the download from {address} differs")
        world.start("sh", "-c", f"ncat -l {address} 9 > {up}", log="sink.log")
        self.wait_for_listener(9)
        self.app.run("sh", "-c", f"ncat --send-only {address} 9 < {sent}", timeout=60)
        wait_until(lambda: up.stat().st_size == sent.stat().st_size, 20, "the upload")
        expect(up.read_bytes() == sent.read_bytes(), f"the upload to {address} differs")

    def wait_for_listener(self, port):
        wait_until(lambda: f":{port} " in self.lab.world.run("ss", "-Hltn").stdout, 10, f"a listener on port {port}")


@contextlib.contextmanager
def tunnel(keep, setup=None, profile_extra=(), start=True, arguments=(), auth=None, app6=None, lab_kind=Lab, **profile):
    """A lab with everything up; with start=False the gateway is ready but not running."""
    setup = setup or ServerSetup()
    with lab_kind(keep=keep) as lab:
        server = lab.openvpn_server(setup).start()
        app = lab.add_app("a", APP4, app6)
        gateway = Gateway(lab, [], list(arguments))
        gateway.profiles = [gateway.write_profile(server.client_profile(extra=profile_extra, **profile))]
        if auth:
            path = lab.directory / "auth.txt"
            path.write_text("\n".join(auth) + "\n")
            path.chmod(0o600)
            gateway.arguments += ["--auth", path]
        if start:
            gateway.start().wait_for_state("connected")
        yield Tunnel(lab, server, gateway, app)
