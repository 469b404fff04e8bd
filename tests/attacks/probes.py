"""Packets from outside for what is inside: CVE-2019-14899, which lives on hosts that answer on any interface for all of
their addresses, and servers that use the tunnel to reach in."""
from netlab.capture import MARKER
from netlab.openvpn import ServerSetup
from netlab.packets import ipv4_udp

from .ports import received
from .scene import APP4, ECHO_PORT, attack

SERVICE_PORT = 42000


@attack("CVE-2019-14899: the LAN's probes for the tunnel's address are not answered", setup=ServerSetup(ipv6=True), app6=True)
def probes(scene):
    lab = scene.lab
    for address in (lab.WORLD4, lab.WORLD6):
        inner = scene.ask(address).peer[0]
        scene.goal(f"a probe for {inner} is answered", lab.answers_probes(inner))


@attack("CVE-2019-14899: what the LAN forges into an AppVM's flow does not get in")
def injection(scene):
    lab = scene.lab
    flow = scene.flow(lab.WORLD4)
    inner, port = scene.ask_over(flow).peer
    for address in (inner, APP4):
        for destination_port in (port, flow.getsockname()[1]):
            lab.inject(ipv4_udp(lab.WORLD4, ECHO_PORT, address, destination_port, b"forged"))
    scene.goal("the AppVM takes the LAN's packet for the world's", received(flow)[0] == b"forged")


@attack("packets from the LAN for an AppVM's own address end at the gateway")
def from_the_lan(scene):
    lab = scene.lab
    service = scene.app.namespace.socket()
    service.bind((APP4, SERVICE_PORT))
    lab.inject(ipv4_udp(lab.LAN4, SERVICE_PORT, APP4, SERVICE_PORT, b"uninvited"))
    text, sender = received(service)
    scene.goal("the AppVM receives it", text == b"uninvited")
    scene.goal("the AppVM's address is told apart by what comes back", lab.answers_probes(APP4))
    if sender:
        service.sendto(MARKER, sender)


def reaching_in(lab):
    """A server that has a route to AppVMs through its client."""
    folder = lab.directory / "clients"
    folder.mkdir()
    lab.directory.chmod(0o755)
    (folder / "client").write_text("iroute 10.137.0.0 255.255.0.0\n")
    return ServerSetup(extra=(f"client-config-dir {folder}", "route 10.137.0.0 255.255.0.0"))


@attack("a rogue server does not reach AppVMs by their addresses", setup=reaching_in)
def from_the_server(scene):
    service = scene.app.namespace.socket()
    service.bind((APP4, SERVICE_PORT))
    scene.lab.server.socket().sendto(b"uninvited", (APP4, SERVICE_PORT))
    scene.goal("the AppVM receives it", received(service)[0] == b"uninvited")
