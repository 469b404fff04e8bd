# What every init of the bed begins with, dom0's as well as the guests'.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /run /var/run /tmp /var/lock /var/log/xen /var/lib/xen
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mkdir -p /run/xenstored /run/xen /run/lock
ip link set lo up

# Loads modules by name, in this order.
load() { for module; do insmod "/mod/$module.ko"; done; }

# The value of NAME=value on the kernel's command line.
argument() { for word in $(cat /proc/cmdline); do case $word in "$1="*) echo "${word#*=}" ;; esac; done; }
