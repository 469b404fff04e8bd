"""The scenarios, under sentences, in the order in which they run. Read on the host for their names, run in dom0."""

scenarios = {}  # name: Scenario


class Scenario:
    def __init__(self, name, function, seconds, needs, uplink, quick, pvh):
        self.name, self.function, self.seconds = name, function, seconds
        self.needs, self.uplink, self.quick, self.pvh = needs, uplink, quick, pvh


def scenario(name, seconds=60, needs="apps", uplink=1, quick=False, pvh=False):
    """Registers a function of one Bed. `seconds`: how long it may take, preparations included. `needs`: what the bed has to have
    ready before (see dom0/bed.py): "domain", "tunnel" or "apps". Unless it is "domain", a packet on the uplink that is not the
    tunnel's fails the scenario, and so do fewer than `uplink` packets of the tunnel. `quick`: part of the run of about two
    minutes. `pvh`: worth running with PVH guests too."""
    def register(function):
        if name in scenarios:
            raise ValueError(f"two scenarios are called '{name}'")
        scenarios[name] = Scenario(name, function, seconds, needs, uplink, quick, pvh)
        return function
    return register


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
