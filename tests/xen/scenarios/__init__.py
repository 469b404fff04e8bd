"""All scenarios, in the order in which they run: what needs less of the bed comes first, what leaves it broken last."""
from . import ground, refusals, traffic, isolation, outage, devices, hostile, qubesdb, vchan, uplink, shutdown  # noqa: F401
