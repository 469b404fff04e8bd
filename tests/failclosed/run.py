#!/usr/bin/env python3
"""P1 and P3 on a real uplink: whatever happens to the gateway, every packet that its uplink carries has an explanation.
A noisy AppVM sends all the time, all of it marked. Needs root."""
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from netlab.capture import Capture, Uplink  # noqa: E402
from netlab.gateway import Gateway  # noqa: E402
from netlab.lab import Lab  # noqa: E402
from netlab.openvpn import ServerSetup  # noqa: E402
from netlab.scenario import expect, run_as_program, scenario  # noqa: E402
from netlab.shell import wait_until  # noqa: E402

NOISE = pathlib.Path(__file__).with_name("noise.py")
APP4, APP6 = "10.137.0.10", "fd09:24ef:4179::a89:a"


class Noisy(Lab):
    """A lab with a capture running on the uplink from the first moment on."""

    def __enter__(self):
        super().__enter__()
        self.app = self.add_app("a", APP4, APP6)
        self.let_the_uplink_settle()
        self.capture = Capture(self.gateway_host, "eth0")
        self.gateway = Gateway(self, [])
        return self

    def noise(self, seconds):
        return self.app.namespace.start("python3", NOISE, seconds, self.SERVER4, self.SERVER6, APP4, log=f"noise-{time.monotonic()}.log")

    def make_noise(self, seconds):
        process = self.noise(seconds)
        wait_until(lambda: not process.running(), seconds + 20, "the noise to end")
        expect(int(process.output().strip().splitlines()[-1]) > 3, f"no noise was made: {process.output()}")

    def expect_silence(self, names=(), tunnel=None):
        packets = self.capture.stop()
        uplink = Uplink(self, names=names)
        leaks = uplink.unexplained(packets)
        counts = uplink.counts(packets)
        expect(not leaks, f"{len(leaks)} packets are unexplained, the first ones:\n" + "\n".join(str(p) for p in leaks[:8]))
        if tunnel is not None:
            expect((counts.get("tunnel", 0) > 0) == tunnel, f"tunnel packets: {counts}")


@scenario("no profile: the uplink stays silent")
def no_profile(keep):
    with Noisy(keep=keep) as lab:
        lab.gateway.start()
        lab.make_noise(3)
        expect(lab.gateway.state() == "blocked", lab.gateway.state())
        refused = lab.gateway.status()["counters"]["refused"]
        expect(refused.get("tunnel down", 0) > 50 and refused.get("spoofed address", 0) > 50, str(refused))
        lab.expect_silence(tunnel=False)


@scenario("a profile that cannot be used: the uplink stays silent")
def bad_profile(keep):
    for text in ("garbage\n", "client\nremote 203.0.113.1\nup /bin/sh\n", ""):
        with Noisy(keep=keep) as lab:
            lab.gateway.profiles = [lab.gateway.write_profile(text)]
            lab.gateway.start()
            lab.make_noise(1.5)
            expect(lab.gateway.state() == "blocked", lab.gateway.state())
            lab.expect_silence(tunnel=False)


@scenario("connecting to a server that does not answer")
def connecting(keep):
    with Noisy(keep=keep) as lab:
        server = lab.openvpn_server()
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile(extra=("connect-timeout 2",)))]
        lab.gateway.start()
        lab.make_noise(6)
        expect(lab.gateway.state() != "connected", "connected to nobody")
        lab.expect_silence(tunnel=True)


@scenario("connected, in rekeys, the server dies and comes back")
def whole_life(keep):
    with Noisy(keep=keep) as lab:
        server = lab.openvpn_server(ServerSetup(keepalive="1 4", extra=("reneg-sec 3 3", "hand-window 3"), ipv6=True)).start()
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile(extra=("connect-timeout 2",)))]
        lab.gateway.start()
        noise = lab.noise(26)
        lab.gateway.wait_for_state("connected")
        time.sleep(8)
        server.kill()
        lab.gateway.wait_for_state("reconnecting", timeout=10)
        time.sleep(2)
        server.start()
        lab.gateway.wait_for_state("connected", timeout=20)
        wait_until(lambda: not noise.running(), 30, "the noise to end")
        expect(lab.app.ping(lab.WORLD4, count=2) == 2, "no ping after it all")
        lab.expect_silence(tunnel=True)


@scenario("over TCP, and looking the server's name up")
def tcp_and_name(keep):
    with Noisy(keep=keep) as lab:
        server = lab.openvpn_server(ServerSetup(proto="tcp4")).start()
        lab.start_dns(lab.server, lab.SERVER4, {"vpn.example.net": lab.SERVER4}, "uplink-dns.log")
        # The first one refuses: it must not be asked for anything else, neither then nor later.
        lab.gateway_host.resolv_conf(lab.SERVER6, lab.SERVER4)
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile(remote="vpn.example.net"))]
        lab.gateway.start().wait_for_state("connected")
        lab.make_noise(11)
        server.kill()
        lab.make_noise(3)
        lab.expect_silence(names=("vpn.example.net",), tunnel=True)


@scenario("the server refuses the login")
def auth_failed(keep):
    with Noisy(keep=keep) as lab:
        verify = lab.directory / "verify"
        verify.write_text("#!/bin/sh\nexit 1\n")
        verify.chmod(0o755)
        lab.directory.chmod(0o755)
        extra = ("verify-client-cert none", "script-security 3", f"auth-user-pass-verify {verify} via-file")
        server = lab.openvpn_server(ServerSetup(extra=extra)).start()
        (lab.directory / "auth").write_text("alice\nwrong\n")
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile(extra=("auth-user-pass",)))]
        lab.gateway.arguments = ["--auth", lab.directory / "auth"]
        lab.gateway.start()
        lab.make_noise(4)
        wait_until(lambda: "login refused" in lab.gateway.status()["reason"], 10, "the refusal")
        lab.expect_silence(tunnel=True)


@scenario("killed at random instants, and started again")
def killed(keep):
    chance = random.Random(4711)
    with Noisy(keep=keep) as lab:
        server = lab.openvpn_server().start()
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile())]
        for _ in range(12):
            lab.gateway.start()
            noise = lab.noise(2)
            time.sleep(chance.uniform(0, 0.6))
            lab.gateway.kill()
            time.sleep(0.3)
            noise.stop()
        lab.gateway.start().wait_for_state("connected")
        expect(lab.app.ping(lab.WORLD4, count=2) == 2, "no ping after it all")
        lab.expect_silence(tunnel=True)


@scenario("stopped in good order, and reloaded")
def stopped(keep):
    with Noisy(keep=keep) as lab:
        server = lab.openvpn_server().start()
        lab.gateway.profiles = [lab.gateway.write_profile(server.client_profile())]
        lab.gateway.start().wait_for_state("connected")
        noise = lab.noise(5)
        time.sleep(1)
        lab.gateway.reload()
        time.sleep(1)
        lab.gateway.stop()
        wait_until(lambda: not noise.running(), 20, "the noise to end")
        lab.expect_silence(tunnel=True)


@scenario("the check itself: a gateway that forwards is caught")
def leaky(keep):
    with Noisy(keep=keep) as lab:
        # The same AppVM behind a plain router with masquerading, as a VPN gateway without its VPN is.
        lab.cable(lab.app.namespace, "eth0", lab.gateway_host, "vif1")
        lab.gateway_host.run("ip", "addr", "add", "10.137.0.1/32", "dev", "vif1")
        lab.gateway_host.run("ip", "route", "add", f"{APP4}/32", "dev", "vif1")
        lab.gateway_host.run("ip", "link", "set", "vif1", "address", "fe:ff:ff:ff:ff:ff")
        lab.gateway_host.sysctl("net.ipv4.ip_forward", 1)
        lab.gateway_host.run("nft", "-f", "-", input="table ip nat {\n chain out {\n type nat hook postrouting priority 100;\n"
                                                     " oifname eth0 masquerade\n }\n}\n")
        app = lab.app.namespace
        app.run("ip", "addr", "add", f"{APP4}/32", "dev", "eth0")
        app.run("ip", "route", "add", "10.137.0.1", "dev", "eth0")
        app.run("ip", "route", "add", "default", "via", "10.137.0.1")
        lab.make_noise(2)
        packets = lab.capture.stop()
        leaks = Uplink(lab).unexplained(packets)
        expect(any(p.destination == "8.8.8.8" for p in leaks), "a clear packet to the world was not noticed")
        expect(any(p.destination_port == 53 for p in leaks), "a clear DNS query was not noticed")
        expect(any(p.destination == lab.SERVER4 and p.destination_port == 1194 for p in leaks), "a clear packet to the server's port was not noticed")


run_as_program("failclosed")
