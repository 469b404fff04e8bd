"""control/shutdown is the kernel's business and stays so, for AppVMs and for the gateway with its clients attached. Last of all,
since the AppVMs are left without a backend."""
from ..registry import expect, scenario


@scenario("AppVMs and the gateway shut down when they are asked to", seconds=120, uplink=0)
def control_shutdown(bed):
    victim = bed.other.guest
    bed.toolstack.shut_down(victim)
    bed.other.guest = None
    expect(not bed.backend_nodes(victim), f"xenstore still has {bed.backend_nodes(victim)}")
    expect(bed.sallyport.client(bed.other.address) is None, "status still has the client")
    expect(bed.app.ping() > 0, "the other AppVM does not get through any more")
    bed.toolstack.shut_down(bed.gateway)
    bed.distrust()
