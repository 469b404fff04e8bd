"""Names: a forged one for the server (TunnelCrack ServerIP by DNS, CVE-2023-36671), and clients' queries led elsewhere."""
from netlab.capture import Uplink
from netlab.lan import redirect_dns

from .scene import DNS_PORT, attack

NAME = "vpn.example.net"


@attack("TunnelCrack ServerIP: a forged answer for the server's name opens no way beside the tunnel", start=False)
def forged_name(scene):
    lab = scene.lab
    # The server is said to be at the address that the AppVM will visit; what belongs to the tunnel is passed on to it.
    lab.start_dns(lab.lan, lab.LAN4, {NAME: lab.WORLD4}, "lan-dns.log")
    lab.lan.nft(f"table ip lan {{\n chain in {{\n type nat hook prerouting priority dstnat\n"
                f" ip daddr {lab.WORLD4} udp dport 1194 dnat to {lab.SERVER4}\n }}\n}}\n")
    scene.explained = Uplink(lab, names=(NAME,), servers=(lab.WORLD4,))
    scene.start(remote=NAME)
    scene.expect_tunnel()
    scene.lure(lab.WORLD4)


@attack("DNS re-writing: queries go to the tunnel's resolver, whatever the uplink's is made to be")
def rewriting(scene):
    lab = scene.lab
    scene.listen("the world", lab.world, lab.WORLD4, DNS_PORT)
    scene.listen("the LAN", lab.lan, lab.LAN4, DNS_PORT)
    # What qubes-core-agent does by itself whenever it thinks that the uplink has changed.
    lab.gateway_host.nft(redirect_dns(lab.LAN4))
    for virtual_resolver in ("10.139.1.1", "10.139.1.2"):
        heard = scene.lure(virtual_resolver, DNS_PORT)
        scene.goal(f"the LAN answers a query to {virtual_resolver}", heard.by == "the LAN" and heard.answered)
