# An AppVM: netfront as Debian ships it. Its address comes on the command line, as Qubes gives it by QubesDB.
load xen-evtchn xen-gntdev xen-gntalloc tun
insmod /mod/xen-netfront.ko max_queues="$(argument queues)"
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
printf 'nameserver 10.139.1.1\noptions timeout:2 attempts:3\n' > /etc/resolv.conf
[ -z "$(argument ip)" ] || net-up "$(argument ip)"
