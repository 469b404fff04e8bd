#!/bin/sh
# Writes client.pcap: what passes the link of a client (10.137.0.5, fd09:24ef:4179::a89:5) that talks through a
# router to a server (198.51.100.7, 2001:db8::7). Three namespaces, no offloads, root.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"

for space in client router server; do
  ip netns add "cap-$space"
  ip -n "cap-$space" link set lo up
done
trap 'for space in client router server; do ip netns del "cap-$space"; done; rm -r "$work"' EXIT
client="ip netns exec cap-client"
server="ip netns exec cap-server"

ip link add c0 netns cap-client type veth peer name r0 netns cap-router
ip link add s0 netns cap-server type veth peer name r1 netns cap-router
ip -n cap-client link set c0 address 00:16:3e:5e:6c:05
ip -n cap-router link set r0 address fe:ff:ff:ff:ff:ff
for space in client router server; do
  ip netns exec "cap-$space" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
ip -n cap-client addr add 10.137.0.5/24 dev c0
ip -n cap-router addr add 10.137.0.1/24 dev r0
ip -n cap-router addr add 198.51.100.1/24 dev r1
ip -n cap-server addr add 198.51.100.7/24 dev s0
ip -n cap-client addr add fd09:24ef:4179::a89:5/64 dev c0 nodad
ip -n cap-router addr add fd09:24ef:4179::1/64 dev r0 nodad
ip -n cap-router addr add 2001:db8::1/64 dev r1 nodad
ip -n cap-server addr add 2001:db8::7/64 dev s0 nodad
$client python3 "$here/no_offload.py" c0
ip netns exec cap-router python3 "$here/no_offload.py" r0 r1
$server python3 "$here/no_offload.py" s0
for link in "client c0" "router r0" "router r1" "server s0"; do
  # shellcheck disable=SC2086
  set -- $link
  ip -n "cap-$1" link set "$2" up
done
sleep 2
ip -n cap-client route add default via 10.137.0.1
ip -n cap-client -6 route add default via fd09:24ef:4179::1
ip -n cap-server route add default via 198.51.100.1
ip -n cap-server -6 route add default via 2001:db8::1

$client tcpdump -i c0 -U -w all.pcap 2>/dev/null &
capture=$!
echo "hello" >page.txt
head -c 20000 /dev/urandom | base64 >big.txt
$server python3 -m http.server 80 --bind :: >/dev/null 2>&1 &
http=$!
sleep 1

for host in 198.51.100.7 2001:db8::7; do $client ping -c2 -i0.3 $host; done
$client curl -s http://198.51.100.7/page.txt
for host in 198.51.100.7 '[2001:db8::7]'; do $client curl -gs "http://$host/big.txt" -o /dev/null; done
# Fragments, a TTL that runs out, closed ports, a packet too big for the next link, IP options.
for host in 198.51.100.7 2001:db8::7; do
  $client ping -c1 -s 4000 $host
  $client ping -c1 -t1 $host || true
  $client python3 -c "
import socket
host = '$host'
family = socket.AF_INET6 if ':' in host else socket.AF_INET
for port, text in ((9, b'knock knock!'), (53, bytes.fromhex('12340100000100000000000007716265732d6f73036f72670000010001'))):
    socket.socket(family, socket.SOCK_DGRAM).sendto(text, (host, port))
try: socket.socket(family).connect((host, 81))
except OSError: pass
"
done
ip -n cap-router link set r1 mtu 1300
for host in 198.51.100.7 '[2001:db8::7]'; do $client curl -gs -T big.txt "http://$host/x" -o /dev/null || true; done
for host in 198.51.100.7 2001:db8::7; do $client ping -c1 -M do -s 1400 $host || true; done
$client ping -c1 -R 198.51.100.7
# Duplicate address detection.
ip -n cap-client addr add fd09:24ef:4179::99/64 dev c0
sleep 1
# An answer to a port that has been closed since: an ICMP error of the client's own.
$server python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('198.51.100.7', 5353))
_, peer = s.recvfrom(100); s.sendto(b'first', peer); time.sleep(0.5); s.sendto(b'too late', peer)
" &
sleep 0.5
$client python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.137.0.5', 40000))
s.sendto(b'ask', ('198.51.100.7', 5353)); s.recv(10)
"
sleep 1
kill "$http"
kill -INT "$capture"
sleep 1
python3 - all.pcap "$here/client.pcap" <<'P'
# Keeps the first five full TCP segments of each direction of each connection, and all other frames.
import struct, sys
data = open(sys.argv[1], 'rb').read()
kept, at, full = data[:24], 24, {}
while at < len(data):
    size = struct.unpack('<I', data[at + 8:at + 12])[0]
    frame = data[at + 16:at + 16 + size]
    v4 = frame[12:14] == b'\x08\x00' and frame[23] == 6
    v6 = frame[12:14] == b'\x86\xdd' and frame[20] == 6
    ends = frame[26:38] if v4 else frame[22:58]
    if size > 900 and (v4 or v6):
        full[ends] = full.get(ends, 0) + 1
    if not (size > 900 and (v4 or v6)) or full[ends] <= 5:
        kept += data[at:at + 16] + frame
    at += 16 + size
open(sys.argv[2], 'wb').write(kept)
P
