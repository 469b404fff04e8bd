# Turns off segmentation and checksum offload of the named interfaces: ethtool -K DEV tso off gso off tx off sg off.
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
SET_TSO, SET_GSO, SET_TX_CHECKSUM, SET_SCATTER_GATHER = 0x1F, 0x24, 0x17, 0x19

control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for device in sys.argv[1:]:
    for command in (SET_TSO, SET_GSO, SET_TX_CHECKSUM, SET_SCATTER_GATHER):
        value = array.array("B", struct.pack("II", command, 0))
        request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
        fcntl.ioctl(control, SIOCETHTOOL, request)
