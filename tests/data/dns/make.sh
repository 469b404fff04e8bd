#!/bin/sh
# Makes answers.pcap: what `dig` asks and `dnsmasq` answers, on the loopback device of a namespace of its own. As root;
# needs dnsmasq, dig (bind9-dnsutils) and tcpdump.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" != inside ]; then
  exec unshare -n sh ./make.sh inside
fi
ip link set lo up
many=$(seq 1 40 | sed 's/.*/--host-record=many.example,198.51.101.&/')
# shellcheck disable=SC2086 # one option each
dnsmasq --no-daemon --no-resolv --no-hosts --port=53 --bind-interfaces --listen-address=127.0.0.1 --local=/example/ \
  --host-record=www.example,198.51.100.7,2001:db8::7 --host-record=www.example,198.51.100.8 \
  --host-record=only4.example,192.0.2.1 --host-record=Mixed.Example,192.0.2.9,30 \
  --cname=alias.example,www.example,60 --cname=second.example,alias.example,20 --local-ttl=300 $many 2>/dev/null &
server=$!
tcpdump -i lo -w answers.pcap -U --immediate-mode -Z root udp port 53 2>/dev/null &
capture=$!
sleep 1
for question in www.example/A www.example/AAAA only4.example/A only4.example/AAAA alias.example/A second.example/A \
  second.example/AAAA mixed.EXAMPLE/A many.example/A none.example/A elsewhere.test/A; do
  dig +noedns +tries=1 +timeout=1 @127.0.0.1 "${question%/*}" "${question#*/}" > /dev/null
done
sleep 1
kill "$capture" "$server"
wait || true
