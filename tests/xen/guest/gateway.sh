# The gateway's domain: an uplink by netfront, and nothing of the kernel's that could forward.
load xen-evtchn xen-gntdev xen-gntalloc xen-netfront tun
until [ -e /sys/class/net/eth0 ]; do usleep 50000; done
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip addr add 203.0.113.2/24 dev eth0
ip link set eth0 up
ip route add default via 203.0.113.1
echo "nameserver 203.0.113.1" > /etc/resolv.conf
