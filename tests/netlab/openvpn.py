"""The real openvpn, as the server that Sallyport has to get along with."""
import base64
import dataclasses

from .shell import run

TUNNEL4, TUNNEL6 = "10.8.0", "fd00:8::"


def keys_made(log):
    """By this log of openvpn, of any version: of its data keys 2.7 does not say what 2.6 says."""
    return log.count("Control Channel: TLSv")


@dataclasses.dataclass
class ServerSetup:
    """What one server is like; the defaults are a modern tls-crypt-v2 server on UDP over IPv4."""
    wrap: str = "tls-crypt-v2"     # none, tls-auth, tls-auth-nodir, tls-crypt, tls-crypt-v2
    auth: str = "SHA256"           # tls-auth's digest
    force_cookie: bool = False
    metadata: str = "timestamp"    # or any text: user metadata
    proto: str = "udp4"            # udp4, udp6, tcp4, tcp6
    cipher: str = "AES-256-GCM"
    tls_max: str = ""              # "1.2"
    point_to_point: bool = False   # one peer, nothing negotiated or pushed
    port: int = 1194
    extra: tuple = ()              # further lines
    redirect: str = "redirect-gateway def1"  # pushed
    push: tuple = (f"dhcp-option DNS 198.51.100.10",)
    ipv6: bool = False             # inside the tunnel
    keepalive: str = "10 60"


class Server:
    def __init__(self, lab, setup, name="server"):
        self.lab, self.setup, self.name = lab, setup, name
        self.directory = lab.directory / name
        self.directory.mkdir()
        self.process, self.starts = None, 0
        self.certificate, self.key = lab.pki.issue(f"{name}.example.net")
        self._make_wrap_keys()

    def _genkey(self, kind, path, *extra):
        run("openvpn", *extra, "--genkey", kind, path)
        return path

    def _make_wrap_keys(self):
        d, setup = self.directory, self.setup
        if setup.wrap == "tls-crypt-v2":
            server = self._genkey("tls-crypt-v2-server", d / "v2-server.key")
            args = ["--tls-crypt-v2", server, "--genkey", "tls-crypt-v2-client", d / "v2-client.key"]
            if setup.metadata != "timestamp":
                args.append(base64.b64encode(setup.metadata.encode()).decode())
            run("openvpn", *args)
        elif setup.wrap != "none":
            self._genkey("secret", d / "static.key")

    def config(self):
        setup, d = self.setup, self.directory
        proto = setup.proto + ("-server" if setup.proto.startswith("tcp") else "")
        lines = [f"proto {proto}", f"port {setup.port}", "dev tun-srv", "dev-type tun", "disable-dco", "verb 4", "dh none",
                 f"ca {self.lab.pki.ca}", f"cert {self.certificate}", f"key {self.key}", f"data-ciphers {setup.cipher}"]
        if setup.point_to_point:
            lines += ["tls-server", f"ifconfig {TUNNEL4}.1 {TUNNEL4}.2", f"data-ciphers-fallback {setup.cipher}", "verb 6"]
        else:
            lines += ["topology subnet", f"server {TUNNEL4}.0 255.255.255.0", f"keepalive {setup.keepalive}",
                      *(f'push "{option}"' for option in (setup.redirect, *setup.push))]
        if setup.ipv6:
            lines += [f"server-ipv6 {TUNNEL6}/64", 'push "route-ipv6 2000::/3"']
        if setup.wrap == "tls-crypt-v2":
            lines.append(f"tls-crypt-v2 {d}/v2-server.key" + (" force-cookie" if setup.force_cookie else ""))
        elif setup.wrap == "tls-crypt":
            lines.append(f"tls-crypt {d}/static.key")
        elif setup.wrap == "tls-auth":
            lines += [f"tls-auth {d}/static.key 0", f"auth {setup.auth}"]
        elif setup.wrap == "tls-auth-nodir":
            lines += [f"tls-auth {d}/static.key", f"auth {setup.auth}"]
        if setup.tls_max:
            lines.append(f"tls-version-max {setup.tls_max}")
        return "\n".join(lines + list(setup.extra)) + "\n"

    def start(self):
        self.starts += 1
        path = self.directory / "server.conf"
        path.write_text(self.config())
        self.process = self.lab.server.start("openvpn", "--config", path, log=f"{self.name}-{self.starts}.log")
        # A point-to-point peer completes only when the other has come.
        self.process.wait_for("link local (bound)" if self.setup.point_to_point else "Initialization Sequence Completed")
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def log(self):
        return self.process.output()

    def client_profile(self, extra=(), remote=None, identity="remote-cert-tls server", client="client", skip=(),
                       role=("client",)):
        """An inline profile, as users have them."""
        setup, d = self.setup, self.directory
        crt, key = self.lab.client_certificate(client)
        host = remote or (self.lab.SERVER6 if setup.proto.endswith("6") else self.lab.SERVER4)
        proto = setup.proto + ("-client" if setup.proto.startswith("tcp") else "")
        lines = [*role, "dev tun", "nobind", f"remote {host} {setup.port} {proto}", identity, *extra]
        blocks = {"ca": self.lab.pki.ca, "cert": crt, "key": key}
        if setup.wrap == "tls-crypt-v2":
            blocks["tls-crypt-v2"] = d / "v2-client.key"
        elif setup.wrap == "tls-crypt":
            blocks["tls-crypt"] = d / "static.key"
        elif setup.wrap.startswith("tls-auth"):
            blocks["tls-auth"] = d / "static.key"
            lines += [f"auth {setup.auth}"] + (["key-direction 1"] if setup.wrap == "tls-auth" else [])
        for tag, file in blocks.items():
            if tag not in skip:
                lines.append(f"<{tag}>\n{file.read_text().strip()}\n</{tag}>")
        return "\n".join(line for line in lines if line) + "\n"
