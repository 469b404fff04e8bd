"""What most scenarios begin with: a server, a gateway, an AppVM behind it."""
import contextlib

from netlab.gateway import Gateway
from netlab.lab import Lab
from netlab.openvpn import ServerSetup
from netlab.scenario import expect

APP4, APP6 = "10.137.0.10", "fd09:24ef:4179::a89:a"


class Tunnel:
    def __init__(self, lab, server, gateway, app):
        self.lab, self.server, self.gateway, self.app = lab, server, gateway, app

    def expect_ping(self, count=3, **kwargs):
        got = self.app.ping(self.lab.WORLD4, count=count, **kwargs)
        expect(got == count, f"{got} of {count} pings came back\n{self.gateway.log()[-2000:]}\n{self.server.log()[-2000:]}")


@contextlib.contextmanager
def tunnel(keep, setup=None, profile_extra=(), start=True, arguments=(), auth=None, app6=None, **profile):
    """A lab with everything up; with start=False the gateway is ready but not running."""
    setup = setup or ServerSetup()
    with Lab(keep=keep) as lab:
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
