#!/usr/bin/env python3
"""profile_tool.py SCRIPT SALLYPORT: what sallyport-profile makes of a profile with files beside it. Storing and judging as root
is tests/check boot's."""
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tempfile
import unittest

SCRIPT, PROGRAM = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
PKI = pathlib.Path(__file__).resolve().parents[2] / "data" / "pki"
GOOD = b"client\nremote vpn.example.net 1194\nremote-cert-tls server\nauth-user-pass\n"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("sallyport_profile", SCRIPT)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("sallyport_profile", loader))
    loader.exec_module(module)
    module.PROGRAM = PROGRAM
    module.gateway_user = lambda: {"user": os.getuid(), "group": os.getgid(), "extra_groups": []}
    return module


class Files(unittest.TestCase):
    def setUp(self):
        self.tool = load()
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "ca.crt").write_bytes((PKI / "ca.crt").read_bytes())

    def profile(self, text):
        path = self.folder / "work.ovpn"
        path.write_bytes(text)
        return path

    def test_files_beside_a_profile_are_taken_into_the_bundle(self):
        path = self.profile(GOOD + b"ca keys/ca.crt\nup /bin/sh\n")
        parts = self.tool.read_files(path)
        self.assertIn(b"<ca>\n" + (PKI / "ca.crt").read_bytes() + b"</ca>\nup /bin/sh\n", parts["profile"])
        # What is read back is what was packed.
        out = io.BytesIO(b"profile %d\n%send\n" % (len(parts["profile"]), parts["profile"]))
        self.assertEqual(self.tool.read_bundle(out), parts)

    def test_with_fix_the_profile_is_mended_as_well(self):
        path = self.profile(GOOD + b"ca keys/ca.crt\nup /bin/sh\n")
        with tempfile.TemporaryFile("w+") as messages:
            errors, sys.stderr = sys.stderr, messages
            try:
                mended = self.tool.read_files(path, fix=True)["profile"]
            finally:
                sys.stderr = errors
        self.assertIn(b"\n#up /bin/sh\n", mended)
        self.tool.check({"profile": mended})

    def test_a_profile_that_names_nothing_beside_it_is_left_as_it_is(self):
        text = GOOD + b"\r\n# with its own line ends\r\n"
        (self.folder / "unrelated").write_bytes(b"x")
        self.assertEqual(self.tool.read_files(self.profile(text))["profile"], text)

    def test_links_and_devices_beside_a_profile_are_not_read(self):
        (self.folder / "secret").symlink_to("/etc/hostname")
        os.mkfifo(self.folder / "fifo")
        (self.folder / "folder").mkdir()
        self.assertEqual(self.tool.files_beside(self.profile(b""), b"secret fifo folder ca.crt"),
                         {"ca.crt": (PKI / "ca.crt").read_bytes()})

    def test_a_refusal_says_what_fix_would_do(self):
        with self.assertRaises(self.tool.Refused) as refused:
            self.tool.check({"profile": GOOD + b"up /bin/sh\ndev tap\n<ca>\n" + (PKI / "ca.crt").read_bytes() + b"</ca>\n"})
        self.assertIn("--fix', or 'bundle --fix' where the file is, mends 1 of 2 lines", str(refused.exception))


unittest.main(argv=sys.argv[:1])
