"""One attack, made twice: on a plain gateway, where it has to reach every one of its goals, or it would prove nothing; and
on Sallyport, where it has to reach none, with a capture of the uplink in which every packet has an explanation."""
import dataclasses
import select
import socket
import time

from netlab.capture import MARKER, Capture, Packet, Uplink
from netlab.gateway import Gateway
from netlab.lan import LanLab
from netlab.openvpn import TUNNEL4, TUNNEL6, ServerSetup
from netlab.plain_gateway import PlainGateway
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

APP4, APP6 = "10.137.0.10", "fd09:24ef:4179::a89:a"
NEIGHBOUR_APP4 = "10.137.0.11"
ECHO_PORT, DNS_PORT = 7, 53


@dataclasses.dataclass
class Heard:
    """Who received an AppVM's datagram, from which end, and whether that one's answer came back."""
    by: str = "nobody"
    peer: tuple = ("", 0)
    answered: bool = False

    def through_tunnel(self):
        return self.peer[0].startswith((f"{TUNNEL4}.", TUNNEL6))


@dataclasses.dataclass
class Goal:
    what: str
    label: bytes = b""   # reached when this is seen in clear; empty: `reached` says it
    reached: bool = False


class Scene:
    """A lab with a server, a gateway that is not started yet, one or two AppVMs, and a capture of the uplink."""

    def __init__(self, lab, sallyport, setup, app6, neighbour, arguments):
        self.lab, self.sallyport = lab, sallyport
        self.listeners, self.goals = {}, []
        self.app = lab.add_app("a", APP4, APP6 if app6 else None)
        self.other_app = lab.add_app("b", NEIGHBOUR_APP4) if neighbour else None
        self.server = lab.openvpn_server(setup(lab) if callable(setup) else setup or ServerSetup()).start()
        self.gateway = Gateway(lab, [], arguments) if sallyport else PlainGateway(lab, [])
        self.explained = Uplink(lab)
        for name, host, address in (("the world", lab.world, lab.WORLD4), ("the world", lab.world, lab.OTHER4), ("the world", lab.world, lab.WORLD6),
                                    ("the world", lab.world, lab.OTHER6), ("the server", lab.server, lab.SERVER4),
                                    ("the server", lab.server, lab.NEIGHBOUR4)):
            self.listen(name, host, address)
        if sallyport:  # of whose uplink every packet is judged
            lab.let_the_uplink_settle()
        self.capture = Capture(lab.gateway_host, "eth0")

    def start(self, **profile):
        self.gateway.profiles = [self.gateway.write_profile(self.server.client_profile(extra=("connect-timeout 2",), **profile))]
        # A plain gateway may be gone by what its server pushes.
        self.gateway.start().wait_for_state("connected", *(() if self.sallyport else ("gone",)))

    def expect_tunnel(self):
        heard = self.ask(self.lab.OTHER4)
        expect(heard.through_tunnel() and heard.answered, f"no tunnel before the attack: {heard}\n{self.gateway.log()[-3000:]}")

    def expect_of_sallyport(self, condition, what):
        expect(condition or not self.sallyport, what)

    def expect_carried(self, heard):
        self.expect_of_sallyport(heard.through_tunnel() and heard.answered, f"not carried through the tunnel, there and back: {heard}")

    # What AppVMs and others do.

    def listen(self, name, host, address, port=ECHO_PORT):
        made = host.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        made.bind((address, port))
        self.listeners[made] = name

    def flow(self, address, port=ECHO_PORT, app=None, own_port=0):
        """A UDP socket of an AppVM, which its ICMP errors come back to."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = (app or self.app).namespace.socket(family)
        made.bind(("", own_port))
        made.connect((address, port))
        return made

    def ask(self, address, port=ECHO_PORT, app=None, own_port=0):
        return self.ask_over(self.flow(address, port, app, own_port))

    def ask_over(self, flow, text=MARKER, wait=2.0):
        """Sends a datagram and waits for its answer, or for the refusal of it."""
        heard = Heard()
        try:
            flow.send(text)
        except OSError:
            return heard
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            for ready in select.select([flow, *self.listeners], [], [], left)[0]:
                if ready is not flow:
                    received, peer = ready.recvfrom(2048)
                    heard = Heard(self.listeners[ready], peer[:2])
                    ready.sendto(b"answer to " + received, peer)
                    continue
                try:
                    heard.answered = flow.recv(2048) == b"answer to " + text
                except OSError:
                    pass
                return heard
        return heard

    # What the attacker wants.

    def goal(self, what, reached):
        self.goals.append(Goal(what, reached=bool(reached)))

    def lure(self, address, port=ECHO_PORT, carried=True, flow=None):
        """Goal: a datagram of the AppVM for `address` can be read on the uplink. `carried`: an unharmed gateway brings it
        there, and the answer back, through the tunnel."""
        label = MARKER + b" to %s, number %d." % (address.encode(), len(self.goals))
        heard = self.ask_over(flow or self.flow(address, port), label)
        self.goals.append(Goal(f"what is sent to {address}, port {port}, leaves in clear", label=label))
        if carried:
            self.expect_carried(heard)
        return heard

    def route(self, network, via=None):
        """The uplink's kernel believes what the LAN says about routes, as a DHCP client would have it."""
        self.lab.gateway_host.run("ip", "route", "add", network, "via", via or self.lab.LAN4, "dev", "eth0")

    # How it went.

    def judge(self, refused):
        if self.sallyport:
            self._expect_unharmed(refused)
        sent = [(at, frame) for at, frame in self.capture.stop() if frame[6:12] == self.lab.gateway_mac]
        clear = self.explained.unexplained(sent)
        for goal in self.goals:
            goal.reached |= bool(goal.label) and any(goal.label in packet.frame for packet in clear)
        if not self.sallyport:
            missed = [goal.what for goal in self.goals if not goal.reached]
            expect(self.goals and not missed, f"the attack does not bite on a plain gateway: {missed}\n{self.gateway.log()[-3000:]}")
            return
        reached = [goal.what for goal in self.goals if goal.reached]
        expect(not reached, f"the attacker has reached: {reached}")
        expect(not clear, f"{len(clear)} packets are unexplained, the first ones:\n" + "\n".join(str(p) for p in clear[:8]))
        counts = self.explained.counts(sent)
        expect(counts.get("tunnel", 0) > 3, f"the capture missed the tunnel: {counts}")

    def _expect_unharmed(self, refused):
        self.gateway.wait_for_state("connected")
        heard = self.ask(self.lab.OTHER4)
        expect(heard.through_tunnel() and heard.answered, f"the AppVM's view has changed: {heard}\n{self.gateway.log()[-3000:]}")
        log = self.gateway.log()
        for word in refused:
            expect(any(word in line and "refused" in line for line in log.splitlines()), f"{word} is not refused by name:\n{log[-3000:]}")


def attack(name, setup=None, app6=False, neighbour=False, start=True, tunnel_first=True, arguments=(), refused=()):
    """Registers a function that attacks a Scene. `setup`: the server's, or a function of the lab that returns it;
    `start=False`: the function starts the gateway itself; `tunnel_first=False`: what the server pushes is the attack, and
    a plain gateway is lost from the beginning; `arguments`: Sallyport's; `refused`: words that its log has to refuse by
    name."""
    def register(function):
        @scenario(name)
        def run(keep):
            for sallyport in (False, True):
                with LanLab(keep=keep) as lab:
                    scene = Scene(lab, sallyport, setup, app6, neighbour, arguments)
                    if start:
                        scene.start()
                    if start and (tunnel_first or sallyport):
                        scene.expect_tunnel()
                    function(scene)
                    scene.judge(refused)
        return function
    return register
