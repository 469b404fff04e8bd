"""The tunnel goes away under flows that are established."""
import time

from netlab.capture import MARKER
from netlab.openvpn import ServerSetup
from netlab.scenario import expect

from .scene import Goal, attack


def keep_talking(scene, flow, seconds, until=lambda: False):
    """The AppVM goes on as if nothing had happened. Goal: any of it can be read on the uplink."""
    label = MARKER + b" after the tunnel's death"
    scene.goals.append(Goal("an established flow goes on in clear", label=label))
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        heard = scene.ask_over(flow, label, wait=0.2)
        if heard.peer[0] and not heard.through_tunnel():
            return
        time.sleep(0.05)


@attack("the server dies and comes back: established flows wait, and nothing of them leaves in clear", setup=ServerSetup(keepalive="1 3"))
def server_dies(scene):
    flow = scene.flow(scene.lab.WORLD4)
    expect(scene.ask_over(flow).answered, "the flow does not work")
    scene.server.kill()
    keep_talking(scene, flow, 15, until=lambda: scene.gateway.state() == "reconnecting")
    scene.expect_of_sallyport(scene.gateway.state() == "reconnecting", "the death was not noticed")
    keep_talking(scene, flow, 2)
    scene.server.start()


@attack("the gateway's program is killed and started again: nothing of established flows leaves in clear")
def program_killed(scene):
    flow = scene.flow(scene.lab.WORLD4)
    expect(scene.ask_over(flow).answered, "the flow does not work")
    scene.gateway.kill()
    keep_talking(scene, flow, 2)
    scene.gateway.start()
    keep_talking(scene, scene.flow(scene.lab.WORLD4), 5, until=lambda: scene.gateway.state() == "connected")
