#!/bin/bash --
# Stands in for qubes-core-agent's, compared with 4.2.47, 4.3.46 and 4.4.2, which are the same: what it makes, in that order. It is
# as unkind: whatever fails ends it (-e) with what it has made so far, a network VM has its default services before QubesDB is
# asked which others there are, and no unit of Qubes' requires that it came to its end.
set -euf
. /usr/lib/qubes/init/functions
mkdir -p /run/qubes /run/qubes-service /run/xen-hotplug /run/xen
chgrp qubes /run/qubes
chmod 0775 /run/qubes
defaults="meminfo-writer software-rendering"
kind=$(qubes_vm_type)
case $kind in
AppVM) touch /run/qubes/this-is-appvm ;;
NetVM) defaults="network-manager qubes-network qubes-firewall $defaults"; touch /run/qubes/this-is-netvm ;;
ProxyVM) defaults="qubes-network qubes-firewall $defaults"; touch /run/qubes/this-is-proxyvm ;;
TemplateVM) touch /run/qubes/this-is-templatevm ;;
*) exit 1 ;;
esac
persistence=$(qubesdb-read /qubes-vm-persistence)
case $persistence in
full | rw-only | none) touch "/run/qubes/persistent-$persistence" ;;
*) exit 1 ;;
esac
for service in $defaults; do
  touch "/run/qubes-service/$service"
done
entries=$(qubesdb-multiread /qubes-service/)
while read -r service _ on; do
  case $on in
  1) touch "/run/qubes-service/$service" ;;
  0) rm -f "/run/qubes-service/$service" ;;
  esac
done <<<"$entries"
echo >/run/qubes-service-environment
