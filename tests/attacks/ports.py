"""AppVMs against what is behind or in the gateway with them: their neighbours, by the addresses and ports that they share
(CVE-2021-3773, port shadow), and the gateway VM."""
import select

from netlab.capture import MARKER
from netlab.packets import ethernet, ipv4_udp
from netlab.scenario import expect

from .scene import APP4, DNS_PORT, ECHO_PORT, NEIGHBOUR_APP4, attack

GATEWAY_MAC = bytes.fromhex("feffffffffff")
GATEWAY_IP = "10.137.0.1"  # which AppVMs may ask for names too
VICTIMS_PORT = 40000


def received(made, wait=0.5):
    """(text, sender) of the next datagram, or nothing."""
    try:
        return made.recvfrom(2048) if select.select([made], [], [], wait)[0] else (b"", None)
    except OSError:
        return b"", None


@attack("CVE-2021-3773, port shadow: an AppVM cannot pose as the resolver of its neighbour", neighbour=True,
        arguments=("--gateway-ip", GATEWAY_IP))
def shadowed_resolver(scene):
    scene.listen("the world", scene.lab.world, scene.lab.WORLD4, DNS_PORT)
    # A flow from the attacker's port 53 to the port that the victim will ask from. Masqueraded, it looks as if it came from
    # the gateway's address, and what the victim sends there is taken for its answer.
    shadow = scene.app.namespace.socket()
    shadow.bind((APP4, DNS_PORT))
    shadow.sendto(b"shadow", (NEIGHBOUR_APP4, VICTIMS_PORT))
    received(shadow)
    query = scene.flow(GATEWAY_IP, DNS_PORT, app=scene.other_app, own_port=VICTIMS_PORT)
    heard = scene.ask_over(query, wait=0.5)
    scene.expect_carried(heard)
    text, sender = received(shadow, wait=0)
    scene.goal("the attacker receives its neighbour's query", text == MARKER)
    if sender:
        shadow.sendto(b"forged", sender)
    scene.goal("the attacker's answer is taken for the resolver's", received(query)[0] == b"forged")


@attack("CVE-2021-3773: ports on the tunnel do not tell an AppVM what its neighbour does", neighbour=True)
def telling_ports(scene):
    world = scene.lab.WORLD4
    ports = list(range(41000, 41016))
    used = ports[::2]
    for port in used:
        expect(scene.ask(world, app=scene.other_app, own_port=port).answered, "the neighbour does not reach the world")
    # The attacker's accomplice in the world tells which port it sees; where that is another one, somebody else has it.
    guess = [port for port in ports if scene.ask(world, own_port=port).peer[1] != port]
    scene.goal("the attacker knows all ports that its neighbour uses, and no other", guess == used)


@attack("an AppVM that forges its neighbour's address opens no way in to it", neighbour=True)
def forged_source(scene):
    lab = scene.lab
    victim = scene.other_app.namespace.socket()
    victim.bind((NEIGHBOUR_APP4, VICTIMS_PORT))
    accomplice = next(made for made in scene.listeners if made.getsockname() == (lab.WORLD4, ECHO_PORT))
    forgery = ipv4_udp(NEIGHBOUR_APP4, VICTIMS_PORT, lab.WORLD4, ECHO_PORT, b"forgery")
    wire = lab.raw_socket(scene.app.namespace, "eth0")
    wire.send(ethernet(GATEWAY_MAC, scene.app.namespace.mac("eth0"), forgery))
    text, way_in = received(accomplice)
    scene.goal("the forgery leaves", text == b"forgery")
    if way_in:
        accomplice.sendto(b"uninvited", way_in)
    scene.goal("the neighbour receives what it did not ask for", received(victim)[0] == b"uninvited")


@attack("an AppVM does not reach what listens in the gateway VM itself")
def gateways_services(scene):
    scene.listen("the gateway", scene.lab.gateway_host, "0.0.0.0")
    inner = scene.ask(scene.lab.WORLD4).peer[0]
    for address in (GATEWAY_IP, scene.lab.GATEWAY4, inner):
        scene.goal(f"what listens on {address} is reached", scene.ask(address).by == "the gateway")
