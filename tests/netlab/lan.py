"""The lab with a hostile LAN in it:

    AppVM namespaces == gateway ==eth0 (uplink)== LAN ==eth1== server (openvpn) ==eth1== world

The LAN's router carries everything, sealed or clear, and belongs to the attacker, who knows all addresses and ports."""
import select
import socket
import time

from .capture import ICMP, ICMP6, TCP, Packet
from .lab import Lab
from .packets import echo_request, ethernet, ipv4_syn

ETH_P_ALL = 3


def redirect_dns(resolver):
    """How a Qubes VM's own nftables turn queries to the virtual resolvers into queries to another one."""
    rules = "\n".join(f"    ip daddr {{ 10.139.1.1, 10.139.1.2, 10.137.0.1 }} {protocol} dport 53 dnat to {resolver}" for protocol in ("udp", "tcp"))
    return ("add table ip qubes\ndelete table ip qubes\ntable ip qubes {\n  chain dnat-dns {\n"
            f"    type nat hook prerouting priority dstnat\n{rules}\n  }}\n}}\n")


class LanLab(Lab):
    GATEWAY4, GATEWAY6 = "192.0.2.2", "2001:db8:3::2"
    LAN4, LAN6 = "192.0.2.1", "2001:db8:3::1"
    # Further hosts: beside the server in its network, and beside the first one in the world.
    NEIGHBOUR4, OTHER4, OTHER6 = "203.0.113.80", "198.51.100.20", "2001:db8:2::20"

    def __enter__(self):
        super().__enter__()
        self.server.run("ip", "addr", "add", f"{self.NEIGHBOUR4}/24", "dev", "eth0")
        self.world.run("ip", "addr", "add", f"{self.OTHER4}/24", "dev", "eth0")
        self.world.run("ip", "-6", "addr", "add", f"{self.OTHER6}/64", "dev", "eth0", "nodad")
        self._default_route(self.world, "198.51.100.1", "2001:db8:2::1")
        # As Debian sets it: loose, which asks only whether there is any way back.
        self.gateway_host.sysctl("net.ipv4.conf.all.rp_filter", 2)
        self.gateway_mac = self.gateway_host.mac("eth0")
        self.lan_mac = self.lan.mac("eth0")
        self.tap_on_the_lan = self.raw_socket(self.lan, "eth0")
        return self

    def lay_uplink(self):
        self.lan = self.namespace("lan")
        self.gateway_host.sysctl("net.ipv6.conf.default.router_solicitations", 0)
        self.cable(self.gateway_host, "eth0", self.lan, "eth0")
        self.cable(self.lan, "eth1", self.server, "eth0")
        self._address(self.gateway_host, "eth0", self.GATEWAY4, self.GATEWAY6)
        self._address(self.lan, "eth0", self.LAN4, self.LAN6)
        self._address(self.lan, "eth1", "203.0.113.254", "2001:db8:1::fe")
        self._address(self.server, "eth0", self.SERVER4, self.SERVER6)
        self._default_route(self.gateway_host, self.LAN4, self.LAN6)
        self._default_route(self.lan, self.SERVER4, self.SERVER6)
        self._default_route(self.server, "203.0.113.254", "2001:db8:1::fe")
        self.lan.sysctl("net.ipv4.ip_forward", 1)
        self.lan.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.gateway_host.resolv_conf(self.LAN4)
        self.resolvers = {self.LAN4}
        self.uplink_peers = {self.LAN4, self.LAN6}

    def raw_socket(self, namespace, interface):
        made = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        made.bind((interface, 0))
        return made

    def inject(self, packet, destination=None):
        """From the LAN onto the gateway's cable."""
        self.tap_on_the_lan.send(ethernet(destination or self.gateway_mac, self.lan_mac, packet))

    def answers_probes(self, address, seconds=1):
        """Whether anything comes back out of the gateway when the LAN asks for `address` there, by an echo request and a SYN."""
        self._forget_what_was_heard()
        self.inject(echo_request(self.LAN6 if ":" in address else self.LAN4, address))
        if ":" not in address:
            self.inject(ipv4_syn(self.LAN4, 4444, address, 4445))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.tap_on_the_lan], [], [], left)[0]:
                packet = Packet(self.tap_on_the_lan.recv(65536))
                if packet.source == address and packet.protocol in (ICMP, ICMP6, TCP):
                    return True
        return False

    def _forget_what_was_heard(self):
        while select.select([self.tap_on_the_lan], [], [], 0)[0]:
            self.tap_on_the_lan.recv(65536)
