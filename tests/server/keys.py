"""tls-crypt-v2 keys pass between our program and the real one, both ways."""
import base64
import pathlib
import tempfile

from netlab.gateway import binary
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import run

TEXT = "customer 4711"


def inspect(server, client):
    return run(binary(), "genkey", "tls-crypt-v2-inspect", "--server-key", server, client).stdout


@scenario("keys: client keys that openvpn made are read, whoever made the server's key")
def made_by_openvpn(keep):
    with tempfile.TemporaryDirectory() as name:
        d = pathlib.Path(name)
        run("openvpn", "--genkey", "tls-crypt-v2-server", d / "theirs")
        run(binary(), "genkey", "tls-crypt-v2-server", d / "ours")
        for server in (d / "theirs", d / "ours"):
            run("openvpn", "--tls-crypt-v2", server, "--genkey", "tls-crypt-v2-client", d / "time.key")
            expect("age          0 days" in inspect(server, d / "time.key"), inspect(server, d / "time.key"))
            run("openvpn", "--tls-crypt-v2", server, "--genkey", "tls-crypt-v2-client", d / "text.key",
                base64.b64encode(TEXT.encode()).decode())
            expect(TEXT in inspect(server, d / "text.key"), inspect(server, d / "text.key"))


def verified_by_openvpn(keep, *metadata):
    """The real server takes a client whose key is ours, and hands the metadata to its script as we wrote it."""
    from interop.common import tunnel
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o777)
        script = directory / "verify"
        script.write_text(f'#!/bin/sh\necho "$metadata_type" > {directory}/type; cat "$metadata_file" > {directory}/data\n')
        script.chmod(0o755)
        lines = ("script-security 2", f"tls-crypt-v2-verify {script}")
        with tunnel(keep, ServerSetup(extra=lines), start=False) as t:
            d = t.server.directory
            t.server.stop()
            run(binary(), "genkey", "--force", "tls-crypt-v2-server", d / "v2-server.key")
            run(binary(), "genkey", "--force", "tls-crypt-v2-client", "--server-key", d / "v2-server.key", d / "v2-client.key", *metadata)
            t.server.start()
            t.gateway.write_profile(t.server.client_profile())
            t.gateway.start().wait_for_state("connected")
            t.expect_ping()
        return (directory / "type").read_text().strip(), (directory / "data").read_bytes()


@scenario("keys: openvpn's server takes keys that we made, with both kinds of metadata")
def made_by_us(keep):
    expect(verified_by_openvpn(keep, "--metadata", TEXT) == ("0", TEXT.encode()), "the text is not what we wrote")
    kind, data = verified_by_openvpn(keep)
    expect(kind == "1" and len(data) == 8, f"no timestamp: {kind} {data}")
