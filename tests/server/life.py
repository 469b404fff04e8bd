"""What happens to clients over time: new keys, new addresses, comings and goings; and who may come in."""
import dataclasses
import pathlib
import re
import signal
import socket
import time

from netlab.gateway import Gateway, binary
from netlab.lab import AppVm
from netlab.openvpn import keys_made
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab, password_line, wait_for_clients
from netlab.shell import wait_until


def rekeys(keep, ours, theirs, seconds=25, **setup):
    extra = (f"reneg-sec {ours}",) if ours else ("reneg-sec 0",)
    with ServerLab(OurServer(extra=extra, **setup), keep=keep) as lab:
        client = lab.start().client(extra=(f"reneg-sec {theirs}",))
        count = seconds * 10
        got = client.ping(count=count, interval=0.1)
        expect(keys_made(client.log()) >= seconds // 10 + 1, f"only {keys_made(client.log())} keys were made\n{client.log()[-2000:]}")
        expect(got == count, f"{got} of {count} pings over {keys_made(client.log())} keys\n{client.log()[-2000:]}\n{lab.log()}")
        expect(client.log().count("Initialization Sequence Completed") == 1, "the client came back anew")


@scenario("life: rekeys every 10 s from the server, with dynamic tls-crypt, lose no ping")
def rekey_by_server(keep):
    rekeys(keep, 10, 0)


@scenario("life: rekeys every 10 s from the client lose no ping")
def rekey_by_client(keep):
    rekeys(keep, 0, 10, wrap="tls-auth")


@scenario("life: rekeys every 10 s from both lose no ping, over TCP and without a wrap")
def rekey_by_both(keep):
    rekeys(keep, 10, 10, wrap="none", proto="tcp4")


@scenario("life: a client whose address changes keeps its tunnel, and a forged packet moves nobody")
def float_(keep):
    with ServerLab(keep=keep) as lab:
        client = lab.start().client()
        expect(client.ping(count=2) == 2, "no tunnel")
        before = lab.status()["clients"][0]["remote"]
        # A packet of nonsense under the client's peer id, from elsewhere.
        other = lab.client_host("mallory")
        forged = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); " \
                 f"s.sendto(b'\\x48\\0\\0\\0' + bytes(60), ('{lab.SERVER4}', 1194))"
        other.run("python3", "-c", forged)
        time.sleep(0.3)
        expect(lab.status()["clients"][0]["remote"] == before, "the forged packet moved the client")
        host = client.host
        host.run("ip", "addr", "add", "203.0.113.77/24", "dev", "eth0")
        # The real client's socket is not bound: from now on its packets leave under the new address.
        host.run("ip", "addr", "del", f"203.0.113.{host.number}/24", "dev", "eth0")
        host.run("ip", "addr", "add", "203.0.113.77/24", "dev", "eth0", check=False)
        host.run("ip", "route", "replace", lab.SERVER4, "dev", "eth0", "src", "203.0.113.77")
        got = client.ping(count=10)
        expect(got >= 9, f"{got} of 10 pings after the move\n{client.log()[-1500:]}\n{lab.log()}")
        expect(lab.status()["clients"][0]["remote"].startswith("203.0.113.77:"), str(lab.status()["clients"]))
        expect(client.log().count("Initialization Sequence Completed") == 1, "the client came back anew")


def segment_size(sender):
    return sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)


@scenario("life: both ends of TCP through the tunnel are told what fits the path, whatever the client adds")
def segments(keep):
    # AES-256-GCM's 24 bytes, and the outer headers: within 1492 bytes is what goes over PPPoE as well.
    around = {"udp4": 24 + 20 + 8, "udp6": 24 + 40 + 8, "tcp4": 24 + 2 + 20 + 20, "tcp6": 24 + 2 + 40 + 20}
    for proto, headers in around.items():
        with ServerLab(OurServer(proto=proto), keep=keep) as lab:
            client = lab.start().client(extra=("mssfix 0",))
            listener = lab.world.socket(kind=socket.SOCK_STREAM)
            listener.bind((lab.WORLD4, 5000))
            listener.listen()
            near = client.host.socket(kind=socket.SOCK_STREAM)
            near.connect((lab.WORLD4, 5000))
            far, _ = listener.accept()
            wanted = 1492 - headers - 20 - 20
            for size in (segment_size(near), segment_size(far)):
                # What TCP's own options take of it (12 bytes with timestamps) is not ours to say.
                expect(wanted - 12 <= size <= wanted, f"over {proto} a segment has {size} bytes, for {wanted}")


@scenario("life: a server that stops tells its clients, and they come back to the next one")
def restart(keep):
    with ServerLab(keep=keep) as lab:
        client = lab.start().client()
        address = lab.status()["clients"][0]["ip"]
        lab.process.stop()
        wait_until(lambda: "RESTART" in client.log() or "restart" in client.log().lower(), 5, "the client to hear of it")
        lab.start()
        wait_for_clients(lab, 1, 20)
        wait_until(lambda: client.ping() == 1, 15, "a ping")
        expect(lab.status()["clients"][0]["ip"] == address, "it has another address than before")


@scenario("life: a client that says goodbye is forgotten, and one that is killed is noticed by its silence")
def goodbye(keep):
    with ServerLab(OurServer(keepalive="1 4"), keep=keep) as lab:
        lab.start()
        polite = lab.client("alice", extra=("explicit-exit-notify 1",))
        rude = lab.client("bob")
        wait_for_clients(lab, 2)
        polite.stop()
        wait_until(lambda: [c["name"] for c in lab.status()["clients"]] == ["bob"], 8, "alice to be forgotten")
        rude.process.kill()
        wait_for_clients(lab, 0, 15)


@scenario("life: TCP connections that bring nothing, or nonsense, are closed, and a client's stays")
def idlers(keep):
    with ServerLab(OurServer(proto="tcp4"), keep=keep) as lab:
        client = lab.start().client()
        host = lab.client_host("mallory")

        def connection(words=b""):
            made = host.socket(kind=socket.SOCK_STREAM)
            made.connect((lab.SERVER4, 1194))
            made.sendall(words)
            return made

        def seconds_until_closed(made):
            made.settimeout(20)
            start = time.monotonic()
            expect(made.recv(100) == b"", "there is an answer")
            return time.monotonic() - start
        silent, slow = connection(), connection(b"\0")
        expect(seconds_until_closed(connection(b"\0\x3c\x50" + bytes(59))) < 2, "nonsense is listened to")
        expect(seconds_until_closed(silent) < 12, "silence is borne with")
        expect(seconds_until_closed(slow) < 2, "half a length is borne with")
        expect(client.ping(count=3) == 3, "the client is gone with the others")


@scenario("life: connections beyond the descriptors that the server has cost it no time, and a client comes in when they are gone")
def exhausted(keep):
    with ServerLab(OurServer(proto="tcp4"), keep=keep) as lab:
        lab.start("prlimit", "--nofile=40:40")
        host = lab.client_host("mallory")
        crowd = []
        for _ in range(60):
            made = host.socket(kind=socket.SOCK_STREAM)
            made.connect((lab.SERVER4, 1194))
            crowd.append(made)
        crowd.append(socket.socket(socket.AF_UNIX))
        crowd[-1].connect(str(lab.control))
        before = lab.cpu_seconds()
        time.sleep(2)
        spent = lab.cpu_seconds() - before
        expect(spent < 0.2, f"it spent {spent:.2f} s of 2 on those that it cannot take")
        for made in crowd:
            made.close()
        expect(lab.client().ping(count=3) == 3, lab.log())


@scenario("life: a client that comes back under the same name takes the place of the old one, and its address")
def replaced(keep):
    with ServerLab(keep=keep) as lab:
        client = lab.start().client()
        address = lab.status()["clients"][0]["ip"]
        client.process.kill()
        client.start().wait()
        clients = lab.status()["clients"]
        expect(len(clients) == 1 and clients[0]["ip"] == address, str(clients))
        expect(client.ping(count=3) == 3, "no tunnel")


@scenario("life: a client that speaks another version of TLS is told so in an alert, in every wrap")
def alert(keep):
    for wrap in ("tls-crypt-v2", "tls-crypt", "tls-auth", "none"):
        setup = OurServer(wrap=wrap, extra=("tls-version-min 1.3",), client_extra=("tls-version-max 1.2",))
        with ServerLab(setup, keep=keep) as lab:
            client = lab.start().client(wait=False)
            wait_until(lambda: "alert protocol version" in client.log(), 10, f"the alert under {wrap}")


@scenario("login: by name and password, with the token over rekeys, and without a certificate")
def token(keep):
    with ServerLab(OurServer(extra=("verify-client-cert none", "auth-user-file users", "auth-gen-token 3600", "reneg-sec 6",
                                    "username-as-common-name")), keep=keep) as lab:
        (lab.directory / "users").write_text(password_line("alice", "wonderland"))
        lab.start()
        auth = lab.directory / "auth"
        auth.write_text("alice\nwonderland\n")
        client = lab.client(certificate=False, extra=(f"auth-user-pass {auth}", "auth-nocache"))
        expect(lab.status()["clients"][0]["name"] == "alice", str(lab.status()))
        count = 150
        got = client.ping(count=count, interval=0.1)
        expect(got == count and keys_made(client.log()) >= 3, f"{got} pings, {keys_made(client.log())} keys\n{client.log()[-2000:]}\n{lab.log()}")
        expect("wonderland" not in lab.log() and "SESS_ID" not in lab.log(), "a secret is in the log")
        for name, password in (("alice", "guess"), ("bob", "wonderland"), ("alice", "SESS_ID_AT_AAAA")):
            auth.write_text(f"{name}\n{password}\n")
            wrong = lab.client("mallory", wait=False, certificate=False, extra=(f"auth-user-pass {auth}",))
            wrong.process.wait_for("AUTH_FAILED")
            wrong.stop()
        expect([c["name"] for c in lab.status()["clients"]] == ["alice"], str(lab.status()))


@scenario("login: a reload in the cage brings passwords to a server that had none, and takes them away")
def passwords_by_reload(keep):
    with ServerLab(OurServer(extra=("verify-client-cert require",)), keep=keep) as lab:
        config = lab.start().directory / "server.conf"
        without = config.read_text()
        (lab.directory / "users").write_text(password_line("alice", "wonderland"))
        config.write_text(without + "auth-user-file users\n")
        lab.ctl("reload")
        stranger = lab.client("alice", wait=False)
        stranger.process.wait_for("AUTH_FAILED")
        stranger.stop()
        auth = lab.directory / "auth"
        auth.write_text("alice\nwonderland\n")
        client = lab.client("alice", extra=(f"auth-user-pass {auth}",))
        expect(client.ping(count=2) == 2, "no tunnel")
        client.stop()
        config.write_text(without)
        lab.ctl("reload")
        expect(lab.client("bob").ping(count=2) == 2, "no tunnel without a password")


@scenario("login: a reload sends away whose certificate is revoked, and does not let it in again")
def certificates(keep):
    # The list is within the file, so that nothing but a reload can bring another one.
    def with_list(lab):
        return f"<crl-verify>\n{lab.pki.revoke().read_text()}</crl-verify>\n"
    with ServerLab(keep=keep) as lab:
        lab.setup = dataclasses.replace(lab.setup, extra=(with_list(lab),))
        alice, bob = lab.start().client("alice"), lab.client("bob")
        lab.pki.revoke("alice")
        lab.setup = dataclasses.replace(lab.setup, extra=(with_list(lab),))
        lab.write_config()
        lab.ctl("reload")
        wait_until(lambda: [c["name"] for c in lab.status()["clients"]] == ["bob"], 10, "alice to be sent away")
        expect(alice.ping() == 0 and bob.ping() == 1, "the wrong tunnel works")
        alice.stop()
        again = lab.client("alice", wait=False)
        time.sleep(4)
        expect("Initialization Sequence Completed" not in again.log(), "a revoked client came in after the reload")


def names_in(lab):
    return sorted(client["name"] for client in lab.status()["clients"])


@scenario("login: what a changed file takes away is away at once, in the cage and without one, and no reload is needed")
def changed_files(keep):
    lines = ("crl-verify crl.pem", "client-config-dir ccd", "auth-user-file users", "auth-user-pass-optional", "ccd-exclusive")
    for user in ("nobody", None):
        with ServerLab(OurServer(extra=lines), keep=keep) as lab:
            d = lab.directory
            (d / "ccd").mkdir()
            (d / "crl.pem").write_bytes(lab.pki.revoke().read_bytes())
            (d / "users").write_text(password_line("dave", "wonderland"))
            (d / "auth").write_text("dave\nwonderland\n")
            everybody = ["alice", "bob", "carol", "dave"]
            for name in everybody:
                lab.profile(name)
                (d / "ccd" / name).touch()
            lab.start(user=user)
            clients = {name: lab.client(name, extra=(f"auth-user-pass {d}/auth",) if name == "dave" else ()) for name in everybody}
            expect(names_in(lab) == everybody, str(lab.status()))
            (d / "new.pem").write_bytes(lab.pki.revoke("alice").read_bytes())
            # As guides do: written over the old one, put in its place, taken away.
            for take_away, left in ((lambda: (d / "crl.pem").write_bytes((d / "new.pem").read_bytes()), everybody[1:]),
                                    (lambda: (d / "ccd/bob").write_text("disable\n"), everybody[2:]),
                                    (lambda: (d / "ccd/carol").unlink(), everybody[3:]),
                                    (lambda: (d / "users").write_text("# nobody\n"), [])):
                take_away()
                wait_until(lambda: names_in(lab) == left, 8, f"only {left} to be left, not {names_in(lab)}\n{lab.log()}")
            for client in clients.values():
                client.stop()
                client.start()
            time.sleep(4)
            expect(names_in(lab) == [], f"somebody is back: {lab.status()}")
            # What cannot be read changes nothing, and is told of once.
            (d / "crl.pem").write_text("nonsense\n")
            wait_until(lambda: "nothing is changed" in lab.log(), 8, "the broken list to be told of")
            (d / "crl.pem").unlink()
            wait_until(lambda: "is not there: what it said stays" in lab.log(), 12, "the missing list to be told of")
            time.sleep(6)
            expect(lab.log().count("what it said stays") == 1, lab.log())


@scenario("login: a SIGHUP reloads a server in its cage")
def hangup(keep):
    with ServerLab(keep=keep) as lab:
        client = lab.start().client()
        path = lab.directory / "server.conf"
        path.write_text(path.read_text() + 'push "route 172.20.0.0 255.255.0.0"\n')
        lab.process.signal(signal.SIGHUP)
        wait_until(lambda: "reloaded" in lab.log(), 8, "the reload")
        expect(client.ping() == 1, "the client is gone")
        expect("172.20.0.0" in lab.client("bob").host.run("ip", "route").stdout, "the new route is not pushed")


@scenario("cage: 'user' in the file is the user that the server goes on as")
def user_of_the_file(keep):
    with ServerLab(OurServer(extra=("user nobody", "group nogroup")), keep=keep) as lab:
        client = lab.start(user=None).client()
        status = pathlib.Path(f"/proc/{lab.process.pid}/status").read_text()
        expect(re.search(r"^Uid:\t(?!0\t)", status, re.M) and "CapEff:\t0000000000000000" in status and "Seccomp:\t2" in status, status)
        expect(client.ping() == 1, "no tunnel")


@scenario("login: tls-crypt-v2 keys are refused by text, age and fingerprint, and a reload sends their clients away")
def key_policy(keep):
    lists = ("tls-crypt-v2-deny deny", "tls-crypt-v2-revoked revoked")
    with ServerLab(OurServer(metadata="customer 1", keepalive="1 4", extra=lists), keep=keep) as lab:
        d = lab.directory
        (d / "deny").write_text("customer 2\n")
        (d / "revoked").write_text("# none yet\n")
        lab.client_key("denied.key", "customer 2")
        lab.start()
        good = lab.client("alice")
        denied = lab.client("bob", wait=False, key="denied.key")
        wait_until(lambda: "customer 2" in lab.log(), 5, "the refusal to be logged")
        wait_until(lambda: lab.status()["counters"]["dropped"].get("key refused by policy", 0) >= 2, 15, "a second attempt")
        expect(lab.log().count("customer 2") == 1, f"it is not logged once:\n{lab.log()}")
        expect("Initialization Sequence" not in denied.log(), "the denied key came in")
        shown = lab.host.run(binary(), "genkey", "tls-crypt-v2-inspect", "--server-key",
                             d / "v2-server.key", d / "v2-client.key").stdout
        (d / "revoked").write_text(re.search(r"fingerprint +(\w+)", shown)[1] + "\n")
        lab.ctl("reload")
        wait_for_clients(lab, 0, 10)
        expect(good.ping() == 0, "the revoked key's tunnel still works")
        # A broken file changes nothing.
        (d / "revoked").write_text("nonsense\n")
        expect(lab.ctl("reload", check=False).returncode == 1, "a broken file was taken")


@scenario("clients: client-config-dir gives addresses, networks and options, and disables")
def client_config(keep):
    with ServerLab(OurServer(extra=("client-config-dir ccd", "client-to-client")), keep=keep) as lab:
        ccd = lab.directory / "ccd"
        ccd.mkdir()
        (ccd / "alice").write_text('ifconfig-push 10.8.0.99 255.255.255.0\npush "route 172.20.0.0 255.255.0.0"\niroute 192.168.9.0 255.255.255.0\n')
        (ccd / "bob").write_text("disable\n")
        lab.start()
        alice, carol = lab.client("alice"), lab.client("carol")
        expect(alice.ping(count=2) == 2, "no tunnel")
        expect("172.20.0.0" in alice.host.run("ip", "route").stdout, "the pushed route is missing")
        expect({c["ip"] for c in lab.status()["clients"]} >= {"10.8.0.99"}, str(lab.status()))
        expect(carol.ping("10.8.0.99", count=3) == 3, "clients don't reach each other")
        alice.host.run("ip", "addr", "add", "192.168.9.1/32", "dev", "lo")
        expect(carol.ping("192.168.9.1", count=2) == 2, "the network behind a client is not reached")
        bob = lab.client("bob", wait=False)
        bob.process.wait_for("AUTH_FAILED")
        carol.host.run("ip", "addr", "add", "10.8.0.123/32", "dev", "lo")
        spoofed = carol.host.run("ping", "-c", "2", "-W", "1", "-I", "10.8.0.123", lab.WORLD4, check=False)
        expect("0 received" in spoofed.stdout, spoofed.stdout)
        expect(lab.status()["counters"]["dropped"].get("source address of somebody else", 0) >= 2, str(lab.status()))


@scenario("clients: topology net30 and p2p, as old configurations have them")
def topologies(keep):
    for topology in ("net30", "p2p"):
        with ServerLab(OurServer(topology=topology, ipv6=False), keep=keep) as lab:
            client = lab.start().client()
            expect(client.ping(count=3) == 3, f"{topology}: no tunnel\n{client.log()[-1500:]}")


@scenario("clients: a large push comes in parts, one is sent away by kick, and metrics are told")
def push_and_kick(keep):
    push = tuple(f"route 172.20.{i}.0 255.255.255.0" for i in range(120))
    with ServerLab(OurServer(push=push), keep=keep) as lab:
        client = lab.start().client()
        expect("push-continuation" in client.log(), "the push came in one piece")
        expect("172.20.119.0" in client.host.run("ip", "route").stdout, "a route is missing")
        metrics = lab.ctl("metrics").stdout
        expect("\nsallyport_clients 1\n" in metrics and "# TYPE sallyport_dropped_total counter" in metrics, metrics)
        expect(lab.ctl("kick", "--name", "bob", check=False).returncode == 1, "somebody else was kicked")
        lab.ctl("kick", "--name", "alice")
        wait_for_clients(lab, 0)


@scenario("transfers: large ones both ways, over UDP and TCP")
def transfers(keep):
    for proto in ("udp4", "tcp4"):
        with ServerLab(OurServer(proto=proto), keep=keep) as lab:
            client = lab.start().client()
            lab.world.start("iperf3", "-s", "--forceflush", log="iperf3.log").wait_for("listening")
            for direction in ([], ["-R"]):
                done = client.host.run("iperf3", "-c", lab.WORLD4, "-n", "50M", *direction, timeout=90)
                expect("receiver" in done.stdout, done.stdout + done.stderr)
                time.sleep(1)  # iperf3 takes one test at a time


def our_client(lab):
    """Sallyport's gateway, and an AppVM behind it."""
    lab.gateway_host, lab.apps = lab.client_host("gw"), {}
    app = lab.apps["a"] = AppVm(lab, "a", "10.137.0.10", "fd09:24ef:4179::a89:a")
    gateway = Gateway(lab, [])
    gateway.profiles = [gateway.write_profile(lab.profile("gw"))]
    gateway.start().wait_for_state("connected")
    return app, gateway


@scenario("own client: our gateway behind our server, every wrap, over UDP and TCP, with rekeys")
def own_client(keep):
    for wrap, proto in (("tls-crypt-v2", "udp4"), ("tls-crypt", "tcp4"), ("tls-auth", "udp6"), ("none", "udp4")):
        with ServerLab(OurServer(wrap=wrap, proto=proto, extra=("reneg-sec 8",)), keep=keep) as lab:
            app, gateway = our_client(lab.start())
            got = app.ping(lab.WORLD4, count=100, interval=0.1)
            expect(got == 100, f"{wrap} {proto}: {got} of 100 pings\n{gateway.log()[-1500:]}\n{lab.log()}")
            gateway.stop()
            wait_for_clients(lab, 0, 10)


UDP_SEGMENT = 103


def send_train(sender, to, datagrams):
    """As one, which the kernel cuts: what QUIC does."""
    sender.setsockopt(socket.SOL_UDP, UDP_SEGMENT, len(datagrams[0]))
    sender.sendto(b"".join(datagrams), to)


def expect_trains(sender, receiver, to, namespace):
    """Each arrives in `namespace`, unchanged and in order. Returns where an answer goes."""
    namespace.nft("table inet arrivals {\n counter seen {}\n chain first {\n type filter hook prerouting priority -400;\n"
                  f" udp dport {receiver.getsockname()[1]} counter name seen\n }}\n}}\n")
    receiver.settimeout(3)
    trains = 20
    for train in range(trains):
        sent = [bytes([train, number]) * 600 for number in range(31)] + [b"the last one is short"]
        send_train(sender, to, sent)
        came = [receiver.recvfrom(2000) for _ in sent]
        expect([data for data, _ in came] == sent, f"train {train} has come to pieces")
    listed = namespace.run("nft", "list", "counter", "inet", "arrivals", "seen").stdout
    packets = int(re.search(r"packets (\d+)", listed)[1])
    expect(packets <= trains * 4, f"{trains} trains arrived as {packets} packets")
    namespace.run("nft", "delete", "table", "inet", "arrivals")
    return came[-1][1]


@scenario("life: trains of datagrams cross our client and our server whole, in both directions and families")
def trains(keep):
    with ServerLab(keep=keep) as lab:
        app, _ = our_client(lab.start())
        for family, address in ((socket.AF_INET, lab.WORLD4), (socket.AF_INET6, lab.WORLD6)):
            near, far = app.namespace.socket(family), lab.world.socket(family)
            far.bind((address, 4000))
            back = expect_trains(near, far, (address, 4000), lab.world)
            expect_trains(far, near, back, app.namespace)
