#!/usr/bin/env python3
"""Known attacks on VPN clients and gateways, each on a plain gateway, where it succeeds, and on Sallyport. Needs root."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from attacks import death, names, ports, probes, pushes, routes  # noqa: F401, E402  (they register scenarios)
from netlab.scenario import run_as_program  # noqa: E402

run_as_program("attacks")
