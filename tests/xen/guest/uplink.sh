# eth0 is there: what a network VM's uplink has in Qubes.
ip addr add 203.0.113.2/24 dev eth0
ip link set eth0 up
ip route add default via 203.0.113.1
