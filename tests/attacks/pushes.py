"""Rogue servers: what they push to get packets beside the tunnel, or code into the gateway."""
from netlab.openvpn import ServerSetup
from netlab.shell import wait_until

from .scene import APP4, DNS_PORT, attack

WORLD_BESIDE = ServerSetup(push=("route 198.51.100.10 255.255.255.255 net_gateway", "route 203.0.113.80 255.255.255.255 remote_host"))


@attack("TunnelVision by the server: pushed routes beside the tunnel are refused by name", setup=WORLD_BESIDE,
        refused=("net_gateway", "remote_host"))
def net_gateway(scene):
    scene.lure(scene.lab.WORLD4)


@attack("a rogue server that redirects only private networks gets the rest into the tunnel all the same",
        setup=ServerSetup(redirect="redirect-private def1"), tunnel_first=False)
def redirect_private(scene):
    scene.lure(scene.lab.WORLD4)


LAN_RESOLVER = ServerSetup(push=("dhcp-option DNS 192.0.2.1", "dhcp-option DNS 10.137.0.5", "dhcp-option DNS 10.139.1.2"))


@attack("a rogue server that names a resolver on the LAN gets no query there", setup=LAN_RESOLVER, refused=("10.137.0.5", "10.139.1.2"))
def lan_resolver(scene):
    scene.listen("the LAN", scene.lab.lan, scene.lab.LAN4, DNS_PORT)
    scene.lure("10.139.1.1", DNS_PORT, carried=False)


QUBES_ROUTES = ServerSetup(push=(f"route {APP4} 255.255.255.255", "route 10.137.0.0 255.255.0.0", "route 10.139.1.0 255.255.255.0"))


@attack("a rogue server that claims Qubes' own addresses cuts no AppVM off", setup=QUBES_ROUTES, tunnel_first=False,
        refused=(APP4, "10.137.0.0", "10.139.1.0"))
def qubes_routes(scene):
    scene.goal("the AppVM is cut off", not scene.ask(scene.lab.WORLD4).answered)


def trace(lab):
    return lab.directory / "executed"


def shell_text(lab):
    return ServerSetup(push=("dhcp-option DNS 198.51.100.10", f"dhcp-option DOMAIN $(id>{trace(lab)})", f"dhcp-option DOMAIN `id>{trace(lab)}`"))


@attack("shell characters that a rogue server pushes run nothing", setup=shell_text, refused=("$(id>", "`id>"))
def shell(scene):
    try:
        wait_until(trace(scene.lab).exists, 1, "a trace")
    except TimeoutError:
        pass
    scene.goal("a command of the server's was executed", trace(scene.lab).exists())


# The server's own size comes last in its push. It is too small for the IPv6 address beside it, which Linux then refuses, and
# that ends a client that asked for it.
ABSURD_SIZES = ServerSetup(extra=("tun-mtu 1000",), push=("ifconfig-ipv6 fd00:8::1000/64 fd00:8::1", "tun-mtu 1", "tun-mtu -5",
                                                          "tun-mtu 4294967297", "tun-mtu 1e9"))


@attack("absurd sizes that a rogue server pushes do not end the gateway", setup=ABSURD_SIZES, tunnel_first=False,
        refused=("'1'", "'-5'", "'4294967297'", "'1e9'"))
def sizes(scene):
    scene.goal("the gateway's program has ended", not scene.gateway.process.running())
    scene.lure(scene.lab.WORLD4)
