"""A VPN gateway as people make one by hand, for attacks to succeed against: Debian's openvpn as the client, forwarding,
masquerading, and the clients' queries redirected by a script. Nothing in it holds when a route changes."""
from .gateway import GatewayProgram
from .lab import GATEWAY_MAC
from .lan import redirect_dns

# Qubes gives the routes to its clients a metric as large.
CLIENT_METRIC = 32752

UP = """#!/bin/sh
# Redirects the clients' queries to the resolver that the server names.
number=1
while eval "option=\\$foreign_option_$number"; [ -n "$option" ]; do
  case "$option" in
    "dhcp-option DNS "*) resolver=${resolver:-${option##* }} ;;
    "dhcp-option DOMAIN "*) eval "domain=${option##* }" ;;
  esac
  number=$((number + 1))
done
[ -z "$resolver" ] || nft -f - <<END
%s
END
"""


class PlainGateway(GatewayProgram):
    CONNECTED = "Initialization Sequence Completed"

    def start(self):
        if self.starts == 0:
            self._forward_for_clients()
        self.starts += 1
        script = self.lab.directory / "up"
        script.write_text(UP % redirect_dns("$resolver"))
        script.chmod(0o755)
        self.process = self.lab.gateway_host.start("openvpn", "--config", self.profiles[0], "--dev", "tun0", "--disable-dco", "--script-security", 2,
                                                   "--up", script, "--connect-retry", 1, log=f"plain-openvpn-{self.starts}.log")
        return self

    def state(self):
        return "connected" if self.CONNECTED in self.log() else "connecting" if self.process.running() else "gone"

    def _forward_for_clients(self):
        host = self.lab.gateway_host
        for number, app in enumerate(self.lab.apps.values()):
            vif = f"vif{number}"
            self.lab.cable(app.namespace, "eth0", host, vif)
            host.run("ip", "link", "set", vif, "address", GATEWAY_MAC)
            host.run("ip", "addr", "add", "10.137.0.1/32", "dev", vif)
            host.run("ip", "route", "add", f"{app.address}/32", "dev", vif, "metric", CLIENT_METRIC)
            if app.address6:
                host.run("ip", "-6", "route", "add", f"{app.address6}/128", "dev", vif)
            app.configure()
        host.sysctl("net.ipv4.ip_forward", 1)
        host.sysctl("net.ipv6.conf.all.forwarding", 1)
        host.nft("table inet handmade {\n chain postrouting {\n type nat hook postrouting priority srcnat\n masquerade\n }\n}\n")
