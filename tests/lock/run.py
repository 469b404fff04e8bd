#!/usr/bin/env python3
"""The lock (docs/qubes.md) on a network VM that does all it can to pass a client's packets on. Needs root."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lock.network_vm import GATEWAY_USER, OTHER_USER, NetworkVm  # noqa: E402
from netlab.scenario import expect, run_as_program, scenario  # noqa: E402

HERE = pathlib.Path(__file__).parent
VERIFY = HERE.parents[1] / "qubes/lock/verify"
PORT = 4433
OF_A_VM = ("service", "kernelopts", "units", "gateway", "xen-netback")


def listings(vm):
    """Each table but ours, as the kernel lists it."""
    tables = [line.split()[1:] for line in vm.run("nft", "list", "tables").stdout.splitlines()]
    return {" ".join(table): vm.run("nft", "-s", "list", "table", *table).stdout for table in tables if table != ["inet", "sallyport_lock"]}


def speak(net, user, kind, address, text):
    return net.vm.run("setpriv", f"--reuid={user}", "--clear-groups", "python3", HERE / "speak.py", kind, address, PORT, text).stdout.strip()


def listen(net, namespace, log):
    process = namespace.start("python3", HERE / "echo.py", PORT, log=log)
    process.wait_for("listening")
    return process


def expect_nothing(net, when):
    leaked = net.leaked()
    expect(not leaked, f"{when}: {leaked} on the uplink")


@scenario("without the lock a client's packets get through, in both families: these tests can fail")
def without(keep):
    with NetworkVm(keep=keep) as net:
        net.become_a_router()
        leaked = net.leaked()
        expect(leaked.get("IPv4", 0) > 50 and leaked.get("IPv6", 0) > 20, str(leaked))
        echo = listen(net, net.world, "echo.log")
        done = net.client.run("python3", HERE / "speak.py", "tcp", net.WORLD4, PORT, "through")
        expect(done.stdout.strip() == "through" and "heard through" in echo.output(), done.stdout)
        expect(net.counters("qubes-nat-accel")["offloaded"] > 50, "nothing would have gone past the chains")


@scenario("with the lock nothing gets through, whatever other tables accept and although forwarding is on")
def with_lock(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.become_a_router()
        expect_nothing(net, "locked")
        expect(net.counters()["from_vif"] > 50, f"who stopped it? {net.counters()}")
        expect(net.counters("qubes-nat-accel")["offloaded"] == 0, "a packet got as far as Qubes' flowtable")
        flows = net.vm.run("cat", "/proc/net/nf_conntrack").stdout
        expect(net.CLIENT4 not in flows, f"the client got a flow: {flows}")


@scenario("a device of another name than vif's is not forwarded either")
def other_name(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.become_a_router()
        net.vm.run("ip", "link", "set", "vif12.0", "group", "0")
        net.vm.run("ip", "link", "set", "vif12.0", "down")
        net.vm.run("ip", "link", "set", "vif12.0", "name", "client0")
        net.vm.run("ip", "link", "set", "client0", "up")
        for family, own in (("-4", net.CLIENT4), ("-6", net.CLIENT6)):
            net.vm.run("ip", family, "route", "replace", own, "dev", "client0")
        net.remove_rules()
        expect_nothing(net, "under another name")
        expect(net.counters()["forwarded"] > 50, f"who stopped it? {net.counters()}")


@scenario("the table alone holds, without the routing rules and with forwarding on")
def table_alone(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.become_a_router()
        net.remove_rules()
        expect_nothing(net, "by the table alone")
        expect(net.counters("qubes-nat-accel")["offloaded"] == 0, "a packet got as far as Qubes' flowtable")


@scenario("the routing rules alone hold, after nft flush ruleset and with forwarding on")
def rules_alone(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.vm.run("nft", "flush", "ruleset")
        net.become_a_router()
        expect_nothing(net, "by the rules alone")


@scenario("forwarding switched off alone holds, without table and rules")
def switch_alone(keep):
    with NetworkVm(keep=keep) as net:
        net.switch_forwarding_on()
        net.lock()
        net.vm.run("nft", "flush", "ruleset")
        net.remove_rules()
        net.vm.run("nft", "-f", HERE / "qubes.nft")
        expect_nothing(net, "by the switch alone")
        net.switch_forwarding_on()
        expect(net.leaked(), "and with the last of the three gone it would have got through")


@scenario("locking again changes nothing, touches no other table, and there is no moment without the lock")
def again(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.become_a_router()
        net.remove_rules()
        before, ours = listings(net.vm), net.vm.run("nft", "-s", "list", "table", "inet", "sallyport_lock").stdout

        def load_while_noisy():
            noise = net.client.start("python3", HERE.parent / "failclosed/noise.py", 4, net.NEXT4, net.NEXT6, net.CLIENT4, log="noise.log")
            for _ in range(40):
                net.vm.run("sh", "-c", "{ cat %s; echo 'add element inet sallyport_lock gateway_user { 65534 }'; } | nft -f -"
                           % (HERE.parents[1] / "qubes/lock/sallyport.nft"))
            noise.stop()
        leaks = [frame for frame in net.uplink_during(load_while_noisy) if b"CLEAR-TEXT" in frame]
        expect(not leaks, f"{len(leaks)} packets while the table was loaded")
        net.lock()
        net.lock()
        expect(listings(net.vm) == before, "another table changed")
        expect(net.vm.run("nft", "-s", "list", "table", "inet", "sallyport_lock").stdout == ours, "our table changed")
        for family in ("-4", "-6"):
            rules = net.vm.run("ip", family, "rule", "show").stdout
            expect(rules.count("blackhole") == 1, rules)


@scenario("only the gateway's user may send: not root, not another user, not the kernel")
def only_the_user(keep):
    with NetworkVm(keep=keep) as net:
        listen(net, net.world, "echo.log")
        everywhere = [(kind, address) for kind in ("udp", "tcp") for address in (net.NEXT4, net.NEXT6)]
        for user in ("root", OTHER_USER, GATEWAY_USER):
            for kind, address in everywhere:
                expect(speak(net, user, kind, address, "hello") == "hello", f"{user} has no {kind} to {address} before the lock")
        net.lock()
        for kind, address in everywhere:
            expect(speak(net, GATEWAY_USER, kind, address, "hello") == "hello", f"the gateway's user has no {kind} to {address}")

        def others_speak():
            for user in ("root", OTHER_USER):
                for kind, address in everywhere:
                    said = speak(net, user, kind, address, "SECRET")
                    expect(said.startswith("nothing"), f"{user} got an answer from {address}: {said}")
            net.vm.ping(net.WORLD4, wait=1)
            net.vm.ping(net.WORLD6, wait=1)
        # What the two ends of the cable ask each other for their addresses is no packet of anybody's.
        seen = [f for f in net.uplink_during(others_speak) if f[12:14] != b"\x08\x06" and not (f[12:14] == b"\x86\xdd" and f[20] == 58 and f[54] in (135, 136))]
        sent = [f for f in seen if f[6:12].hex(":") == net.vm.run("cat", "/sys/class/net/eth0/address").stdout.strip()]
        expect(not sent, f"{len(sent)} packets left, the first: {sent[:1]}")
        expect(net.counters()["sent"] >= 8, str(net.counters()))


@scenario("nothing comes in but answers: no listener is reached, and nothing is answered")
def nothing_in(keep):
    with NetworkVm(keep=keep) as net:
        echo = listen(net, net.vm, "echo.log")
        reach = [(net.world, net.OWN4), (net.world, net.OWN6), (net.client, net.OWN4), (net.client, net.OWN6)]

        def knock(text):
            said = []
            for namespace, address in reach:
                for kind in ("udp", "tcp"):
                    said.append(namespace.run("python3", HERE / "speak.py", kind, address, PORT, text).stdout.strip())
            return said
        # The client's way to the VM's own address leads over the vif, both ways.
        expect(knock("open") == ["open"] * 8, "not all is reached before the lock")
        net.lock()
        answers = knock("CLOSED")
        expect(all(said == "nothing: timed out" for said in answers), f"there was an answer: {answers}")
        expect("CLOSED" not in echo.output(), "a listener was reached")
        for namespace, address in reach:
            expect(namespace.ping(address, wait=1) == 0, f"{address} answers a ping")


@scenario("an error about the gateway's own packet arrives, so that it learns the path's MTU")
def path_mtu(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        net.world.run("ip", "link", "add", "narrow", "type", "veth", "peer", "name", "narrow1")
        net.world.run("ip", "link", "set", "narrow", "mtu", "1300", "up")
        net.world.run("ip", "route", "add", "192.0.2.0/24", "dev", "narrow")
        net.world.sysctl("net.ipv4.ip_forward", 1)
        program = ("import socket,time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.setsockopt(socket.IPPROTO_IP, 10, 2)\n"
                   "s.connect(('192.0.2.7', 4433))\ns.send(bytes(1400))\ntime.sleep(0.5)\nprint(s.getsockopt(socket.IPPROTO_IP, 14))\n")
        said = net.vm.run("setpriv", f"--reuid={GATEWAY_USER}", "--clear-groups", "python3", "-c", program, check=False)
        expect(said.stdout.strip() == "1300", f"the MTU is {said.stdout} {said.stderr}")


@scenario("without its user the lock says so, holds, and lets nobody send")
def no_user(keep):
    with NetworkVm(keep=keep) as net:
        net.become_a_router()
        done = net.lock("no-such-user", check=False)
        expect(done.returncode == 1 and "no user no-such-user" in done.stderr, done.stderr)
        net.switch_forwarding_on()
        net.remove_rules()
        expect_nothing(net, "without the user")
        listen(net, net.world, "echo.log")
        for user in ("root", GATEWAY_USER):
            expect(speak(net, user, "udp", net.NEXT4, "SECRET").startswith("nothing"), f"{user} may send")


@scenario("a table that cannot be loaded makes the lock fail, and the other layers hold")
def broken_table(keep):
    with NetworkVm(keep=keep) as net:
        (net.directory / "lock").write_text((HERE.parents[1] / "qubes/lock/lock").read_text())
        (net.directory / "sallyport.nft").write_text("table inet sallyport_lock { broken }\n")
        done = net.vm.run("sh", net.directory / "lock", GATEWAY_USER, check=False)
        expect(done.returncode == 1 and "the table is not loaded" in done.stderr, done.stderr)
        net.become_a_router()
        expect_nothing(net, "by the routing rules")


def verdicts(net, *arguments):
    """What `sallyport verify` says, by lock: whether it holds, and what was seen. This is no VM of Qubes', so of that it is not asked."""
    done = net.vm.run(VERIFY, "--json", *(arguments or [GATEWAY_USER]), check=False)
    said = json.loads(done.stdout)
    expect(said["holds"] == (done.returncode == 0) == all(lock["holds"] for lock in said["locks"]), done.stdout)
    return {lock["lock"]: (lock["holds"], lock["seen"]) for lock in said["locks"] if lock["lock"] not in OF_A_VM}


def expect_missing(net, *locks):
    said = verdicts(net)
    missing = {name for name, (holds, _) in said.items() if not holds}
    expect(missing == set(locks), f"missing should be {locks}: {said}")
    return said


@scenario("verify: what is locked holds, and each lock that is taken away is named")
def verify(keep):
    with NetworkVm(keep=keep) as net:
        expect_missing(net, "table", "routes", "switches", "vifs", "others")
        net.lock()
        said = expect_missing(net, "vifs")
        expect("vif12.0" in said["vifs"][1], str(said))
        expect("were refused" in said["others"][1], str(said))
        net.vm.run("ip", "link", "del", "vif12.0")
        expect_missing(net)
        spoil_and_restore(net)


def spoil_and_restore(net):
    table = ("table", "inet", "sallyport_lock")
    nft = [(("delete", *table), {"table", "others"}), (("flush", "chain", *table[1:], "output"), {"table"}),
           (("add", "element", *table[1:], "gateway_user", "{ 0 }"), {"table", "others"}),
           (("insert", "rule", *table[1:], "output", "accept"), {"table", "others"}), (("insert", "rule", *table[1:], "forward", "accept"), {"table"})]
    for command, locks in nft:
        net.vm.run("nft", *command)
        expect_missing(net, *locks)
        net.lock()
    for family, pref in (("-4", "1"), ("-6", "1")):
        net.vm.run("ip", family, "rule", "del", "pref", pref)
        expect_missing(net, "routes")
        net.lock()
    net.vm.run("ip", "rule", "add", "pref", "0", "lookup", "main")
    expect_missing(net, "routes")
    net.vm.run("ip", "rule", "del", "pref", "0", "lookup", "main")
    for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.eth0.forwarding"):
        net.vm.sysctl(switch, 1)
        expect_missing(net, "switches")
        net.vm.sysctl(switch, 0)
        net.lock()
    net.vm.run("ip", "link", "add", "vif3.0", "type", "veth", "peer", "name", "other")
    expect_missing(net, "vifs")
    net.vm.run("ip", "link", "del", "vif3.0")
    net.vm.run("ip", "link", "set", "eth0", "down")
    said = expect_missing(net)
    expect("no uplink" in said["others"][1], str(said))


@scenario("verify: a lock for another user is none")
def verify_user(keep):
    with NetworkVm(keep=keep) as net:
        net.lock()
        said = verdicts(net, OTHER_USER)
        expect(not said["table"][0] and said["routes"][0], str(said))
        expect(net.vm.run(VERIFY, "--nonsense", check=False).returncode == 2, "wrong usage was taken")


run_as_program("lock")
