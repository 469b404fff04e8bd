"""Wraps, transports and ciphers, pairwise."""

WRAPS = {
    "none": dict(wrap="none"),
    "tls-auth SHA1": dict(wrap="tls-auth", auth="SHA1"),
    "tls-auth SHA256": dict(wrap="tls-auth", auth="SHA256"),
    "tls-auth SHA512": dict(wrap="tls-auth", auth="SHA512"),
    "tls-auth SHA1 without direction": dict(wrap="tls-auth-nodir", auth="SHA1"),
    "tls-auth SHA256 without direction": dict(wrap="tls-auth-nodir", auth="SHA256"),
    "tls-auth SHA512 without direction": dict(wrap="tls-auth-nodir", auth="SHA512"),
    "tls-crypt": dict(wrap="tls-crypt"),
    "tls-crypt-v2 timestamp": dict(wrap="tls-crypt-v2"),
    "tls-crypt-v2 user metadata": dict(wrap="tls-crypt-v2", metadata="customer 4711"),
    "tls-crypt-v2 force-cookie": dict(wrap="tls-crypt-v2", force_cookie=True),
}
PROTOS = ["udp4", "udp6", "tcp4"]
CIPHERS = ["AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"]


def rows():
    """Every wrap with every transport, every wrap with every cipher, every transport with every cipher."""
    for w, wrap in enumerate(WRAPS):
        for p, proto in enumerate(PROTOS):
            yield wrap, proto, CIPHERS[(w + p) % 3]
