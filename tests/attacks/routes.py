"""The uplink's routes in the attacker's hand: TunnelVision (CVE-2024-3661), TunnelCrack (CVE-2023-36671 to -36673 and
CVE-2023-35838), and IPv6."""
import time

from netlab.openvpn import ServerSetup
from netlab.packets import router_advertisement

from .scene import attack

WHOLE_INTERNET = ("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2")
ALL_NODES_MAC = bytes.fromhex("333300000001")


@attack("TunnelVision: more specific routes from the LAN's DHCP take nothing out of the tunnel")
def dhcp_routes(scene):
    scene.route(f"{scene.lab.WORLD4}/32")
    scene.lure(scene.lab.WORLD4)
    for network in WHOLE_INTERNET:
        scene.route(network)
    scene.lure(scene.lab.OTHER4)


@attack("TunnelCrack LocalNet: a LAN that claims a public network gets none of its packets")
def local_net(scene):
    lab = scene.lab
    scene.listen("the LAN", lab.lan, lab.LAN4)
    scene.lure(lab.LAN4, carried=False)
    lease = "198.51.100.66"
    lab.gateway_host.run("ip", "addr", "add", f"{lease}/24", "dev", "eth0")
    lab.lan.run("ip", "addr", "add", f"{lab.WORLD4}/32", "dev", "eth0")
    lab.lan.run("ip", "route", "add", f"{lease}/32", "dev", "eth0")
    scene.listen("the LAN", lab.lan, lab.WORLD4)
    heard = scene.lure(lab.WORLD4)
    scene.goal("the LAN answers in the world's name", heard.by == "the LAN" and heard.answered)


@attack("TunnelCrack ServerIP: what an AppVM sends to the server's own address goes through the tunnel")
def server_ip(scene):
    scene.lure(scene.lab.SERVER4)
    # The tunnel's own port there, where nothing could tell an AppVM's packet from the tunnel's.
    scene.lure(scene.lab.SERVER4, port=1194, carried=False)


@attack("a rogue route to the server's network takes nothing out of the tunnel")
def server_network(scene):
    scene.route("203.0.113.0/24")
    scene.lure(scene.lab.NEIGHBOUR4)


INTO_ITSELF = ServerSetup(redirect="redirect-private", push=("route 0.0.0.0 128.0.0.0", "route 128.0.0.0 128.0.0.0",
                                                             "route 203.0.113.1 255.255.255.255 vpn_gateway"))


@attack("a route that leads the tunnel into itself does not stop it", setup=INTO_ITSELF, tunnel_first=False)
def recursion(scene):
    heard = scene.ask(scene.lab.WORLD4)
    scene.goal("the AppVM is cut off", not heard.answered)


@attack("IPv6 of an AppVM stays in when the tunnel has only IPv4", app6=True)
def ipv6_beside(scene):
    scene.lure(scene.lab.WORLD6, carried=False)


@attack("routes from the LAN's router advertisements take no IPv6 out of the tunnel", setup=ServerSetup(ipv6=True), app6=True)
def router_advertisements(scene):
    lab = scene.lab
    for name, value in (("accept_ra", 2), ("accept_ra_rt_info_max_plen", 128)):
        lab.gateway_host.sysctl(f"net.ipv6.conf.eth0.{name}", value)
    # As in LocalNet, a network that is said to be on the cable; and a host that is said to be behind the LAN's router.
    lab.lan.run("ip", "-6", "addr", "add", f"{lab.WORLD6}/128", "dev", "eth0", "nodad")
    advertisement = router_advertisement(lab.lan.link_local("eth0"), "2001:db8:2::/64", [f"{lab.OTHER6}/128"])
    lab.inject(advertisement, destination=ALL_NODES_MAC)
    time.sleep(0.3)
    scene.lure(lab.WORLD6)
    scene.lure(lab.OTHER6)
