#!/usr/bin/env python3
"""Sallyport's server against Debian's real openvpn client, in network namespaces. Needs root."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from server import admission, beside, compression, crowd, files, flood, keys, life, matrix, words  # noqa: F401, E402  (they register scenarios)
from netlab.scenario import run_as_program  # noqa: E402

run_as_program("server")
