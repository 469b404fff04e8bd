#!/usr/bin/env python3
"""A program of the VM: speak.py udp|tcp|ping ADDRESS PORT TEXT sends TEXT, and prints what is answered within half a second."""
import socket
import sys

kind, address, port, text = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].encode()
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as s:
    s.settimeout(0.5)
    try:
        s.connect((address, port))
        s.sendall(text)
        print(s.recv(1000).decode())
    except OSError as problem:
        print(f"nothing: {problem}")
