#!/usr/bin/env python3
"""Answers each UDP packet and each TCP connection with what it brought: echo.py PORT"""
import selectors
import socket
import sys

port = int(sys.argv[1])
selector = selectors.DefaultSelector()
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
tcp = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
for s in (udp, tcp):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", port))
    selector.register(s, selectors.EVENT_READ)
tcp.listen()
print("listening", flush=True)
while True:
    for key, _ in selector.select():
        if key.fileobj is udp:
            data, peer = udp.recvfrom(2000)
            print(f"heard {data.decode(errors='replace')}", flush=True)
            udp.sendto(data, peer)
        elif key.fileobj is tcp:
            connection, _ = tcp.accept()
            selector.register(connection, selectors.EVENT_READ)
        else:
            data = key.fileobj.recv(2000)
            if data:
                print(f"heard {data.decode(errors='replace')}", flush=True)
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
