"""What the program refuses to start beside: anything of the kernel's that could forward an AppVM's packets behind its back."""
from ..dom0.gateway import Sallyport
from ..registry import expect, scenario


def _expect_refusal(bed, named):
    ended = bed.gateway.run(f"timeout 30 {Sallyport(bed.gateway).command()}", timeout=40, check=False)
    expect(ended.returncode == 1, f"exit code {ended.returncode}: {ended.output}")
    expect(named in ended.output.replace("-", "_"), f"it does not say why: {ended.output}")


@scenario("it refuses to start when xen-netback is loaded", needs="domain", quick=True)
def netback_loaded(bed):
    bed.gateway.run("insmod /mod/xen-netback.ko")
    try:
        _expect_refusal(bed, "xen_netback")
    finally:
        bed.gateway.run("rmmod xen_netback")


@scenario("it refuses to start when the kernel has a vif", needs="domain", quick=True)
def kernel_vif(bed):
    bed.gateway.run("insmod /mod/dummy.ko numdummies=0; ip link add vif7.0 type dummy")
    try:
        _expect_refusal(bed, "vif7.0")
    finally:
        bed.gateway.run("ip link del vif7.0; rmmod dummy")
