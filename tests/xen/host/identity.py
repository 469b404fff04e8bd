"""Who the server and the gateway are to each other: made on the host, for one run, and put into the images."""
import secrets
import shutil

from netlab.pki import CLIENT, Pki

from ..dom0.outside import SERVER


class Identity:
    def __init__(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self._pki = Pki(directory)
        self._server, self._client = self._pki.issue("server.example.net"), self._pki.issue("client", CLIENT)
        # The form of OpenVPN's static keys, here for tls-crypt: 256 bytes in hex, 16 to a line.
        lines = [secrets.token_hex(16) for _ in range(16)]
        self._static = "\n".join(["-----BEGIN OpenVPN Static key V1-----", *lines, "-----END OpenVPN Static key V1-----"]) + "\n"

    def server_files(self):
        certificate, key = self._server
        return {"ca.crt": self._pki.ca.read_text(), "server.crt": certificate.read_text(), "server.key": key.read_text(),
                "static.key": self._static}

    def profile(self):
        certificate, key = self._client
        blocks = {"ca": self._pki.ca.read_text(), "cert": certificate.read_text(), "key": key.read_text(), "tls-crypt": self._static}
        lines = ["client", "dev tun", "nobind", f"remote {SERVER} 1194 udp4", "remote-cert-tls server"]
        return "\n".join(lines + [f"<{tag}>\n{text.strip()}\n</{tag}>" for tag, text in blocks.items()]) + "\n"
