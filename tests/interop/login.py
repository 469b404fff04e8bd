"""Questions and second factors: challenges, login pages, tokens that outlive a restart."""
import base64
import contextlib
import pathlib
import socket
import tempfile

from netlab.gateway import binary
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import tunnel

# What the server's own check of a login does, in each scenario; $user and $password are what came.
CHECK = """#!/bin/sh
user=$(sed -n 1p "$1")
password=$(sed -n 2p "$1")
here={here}
echo "$user $password" >> "$here/seen"
{body}
"""


@contextlib.contextmanager
def server_that_asks(keep, body, *server_lines, client=(), crresponse="", auth=("alice", "wonderland")):
    with tempfile.TemporaryDirectory() as name:
        here = pathlib.Path(name)
        here.chmod(0o777)
        for script, text in (("verify", CHECK.format(here=here, body=body)), ("respond", crresponse)):
            (here / script).write_text(text.replace("HERE", str(here)))
            (here / script).chmod(0o755)
        lines = ["verify-client-cert none", "script-security 3", f"auth-user-pass-verify {here}/verify via-file", *server_lines]
        if crresponse:
            lines.append(f"client-crresponse {here}/respond")
        with tunnel(keep, ServerSetup(extra=tuple(lines)), profile_extra=("auth-user-pass", *client), auth=auth,
                    start=False) as t:
            t.here = here
            yield t


def answer(t, text):
    t.lab.gateway_host.run(binary(), "ctl", "answer", "--control", t.gateway.control, input=text + "\n")


def wait_for_question(t, text):
    wait_until(lambda: text in t.gateway.status().get("question", {}).get("text", ""), 15, f"the question '{text}'")


@scenario("static-challenge: the gateway asks before it connects, and the answer goes with the password")
def static_challenge(keep):
    with server_that_asks(keep, 'case "$password" in SCRV1:*) exit 0;; esac; exit 1', client=('static-challenge "Your PIN?" 1',)) as t:
        t.gateway.start()
        wait_for_question(t, "Your PIN?")
        expect(t.gateway.state() == "blocked" and t.gateway.status()["question"]["echo"], str(t.gateway.status()))
        expect(not (t.here / "seen").exists(), "a login was tried before the answer")
        answer(t, "4711")
        t.gateway.wait_for_state("connected")
        t.expect_ping()
        _, _, password = (t.here / "seen").read_text().splitlines()[0].partition(" ")
        parts = [base64.b64decode(part) for part in password.split(":")[1:]]
        expect(parts == [b"wonderland", b"4711"], str(parts))
        expect("question" not in t.gateway.status() and "4711" not in t.gateway.log(), "the answer is still there")


@scenario("dynamic challenge: the server's question is shown, and its answer logs in")
def dynamic_challenge(keep):
    user = base64.b64encode(b"alice").decode()
    body = f"""[ "$password" = "CRV1::state.1::blue" ] && exit 0
[ "$password" = "wonderland" ] && echo "CRV1:R,E:state.1:{user}:Your colour?" > "$auth_failed_reason_file"
exit 1"""
    with server_that_asks(keep, body) as t:
        t.gateway.start()
        wait_for_question(t, "Your colour?")
        expect("login wants an answer" in t.gateway.status()["reason"], t.gateway.status()["reason"])
        answer(t, "blue")
        t.gateway.wait_for_state("connected")
        t.expect_ping()
        # A wrong answer is a login refused, and the next login begins anew, at once.
        t.gateway.stop()
        t.gateway.start()
        wait_for_question(t, "Your colour?")
        answer(t, "green")
        wait_until(lambda: "login refused" in t.gateway.log(), 10, "the refusal")
        wait_for_question(t, "Your colour?")
        answer(t, "blue")
        t.gateway.wait_for_state("connected")


@scenario("a login without a file is typed, and asked for again at once when the server refuses it")
def typed_login(keep):
    with server_that_asks(keep, '[ "$user $password" = "alice 1234 567890" ]', auth=None) as t:
        t.gateway.start()
        for name, password in (("alice", "wrong"), ("alice", "1234 567890")):
            wait_for_question(t, "User name")
            expect(t.gateway.state() == "blocked", t.gateway.state())
            answer(t, name)
            wait_for_question(t, "Password")
            answer(t, password)
        t.gateway.wait_for_state("connected")
        t.expect_ping()
        expect(len((t.here / "seen").read_text().splitlines()) == 2, "more logins than were typed")
        expect("wrong" not in t.gateway.log() and "567890" not in t.gateway.log(), "a password is in the log")


@scenario("a code that the server's rekey uses a second time is asked for again at once")
def spent_code(keep):
    used_once = 'grep -c "^$user $password\$" "$here/seen" | grep -qx 1'
    with server_that_asks(keep, used_once, "reneg-sec 8", client=('static-challenge "Your code?" 1',)) as t:
        t.gateway.start()
        for code in ("4711", "4712"):
            wait_until(lambda: "question" in t.gateway.status(), 20, "the question")
            answer(t, code)
            t.gateway.wait_for_state("connected")
            t.expect_ping()
        expect("it may want a new answer when keys are renewed" in t.gateway.log(), t.gateway.log()[-2000:])


PENDING = """printf '300\\n{method}\\n{extra}\\n' > "$auth_pending_file"
echo "$auth_control_file" > "$here/control"
exit 2"""


@scenario("a login page is shown in status while the server waits for it")
def web_auth(keep):
    url = "https://login.example.net/?session=0123456789abcdef"
    with server_that_asks(keep, PENDING.format(method="webauth", extra=f"WEB_AUTH::{url}"), client=("hand-window 6",)) as t:
        t.gateway.start()
        wait_until(lambda: t.gateway.status().get("login_page") == url, 15, "the page in status")
        expect(t.gateway.state() == "connecting", t.gateway.state())
        # The user takes his time: longer than hand-window, as the server allowed.
        expect(t.app.run("sleep", "8").returncode == 0 and t.gateway.state() == "connecting", t.gateway.log()[-2000:])
        pathlib.Path((t.here / "control").read_text().strip()).write_text("1")
        t.gateway.wait_for_state("connected")
        expect("login_page" not in t.gateway.status(), "the page is still shown")
        t.expect_ping()


@scenario("a text challenge is answered to the server that waits for it")
def text_challenge(keep):
    crresponse = """#!/bin/sh
[ "$(cat "$1")" = "$(printf 1234 | base64)" ] && echo 1 > "$(cat HERE/control)" || echo 0 > "$(cat HERE/control)"
"""
    with server_that_asks(keep, PENDING.format(method="crtext", extra="CR_TEXT:R:Code on your phone?"), crresponse=crresponse) as t:
        t.gateway.start()
        wait_for_question(t, "Code on your phone?")
        answer(t, "1234")
        t.gateway.wait_for_state("connected")
        t.expect_ping()


def manage(path, command):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))
        s.settimeout(3)
        s.sendall(command.encode() + b"\n")
        s.recv(4096)


@scenario("a server's RESTART brings the client back with its token, not its password")
def token_across_restart(keep):
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "management"
        # The password is good once: what comes back has to be the token.
        body = '[ "$password" = wonderland ] && ! [ -e "$here/used" ] && touch "$here/used" && exit 0; exit 1'
        with server_that_asks(keep, body, "auth-gen-token 3600", f"management {path} unix") as t:
            t.gateway.start().wait_for_state("connected")
            t.expect_ping()
            manage(path, "client-kill 0")
            wait_until(lambda: "server asked for a restart" in t.gateway.log(), 10, "the restart")
            t.gateway.wait_for_state("connected")
            t.expect_ping()
            expect(len((t.here / "seen").read_text().splitlines()) == 1, "the password was sent again")
