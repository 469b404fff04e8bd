#!/usr/bin/env python3
"""Sallyport's client against Debian's real openvpn server, in network namespaces. Needs root."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from interop import (congestion, connect, credentials, datachannel, dom0, e2e, failures, identity, life, login, matrix, memory, path, people, proxies,  # noqa: F401, E402
                     qubesdb, rekey, twins, uplink)  # (they register scenarios)
from netlab.scenario import run_as_program  # noqa: E402

run_as_program("interop")
