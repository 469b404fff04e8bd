"""The kernel out of its bzImage: unpacking it under emulation, once a guest, would cost far more than here."""
import lzma
import struct

_SETUP_SECTORS, _PAYLOAD = 0x1F1, 0x248  # Linux: Documentation/x86/boot.rst, setup_sects and payload_offset


def vmlinux(bzimage):
    image = bzimage.read_bytes()
    offset, length = struct.unpack_from("<II", image, _PAYLOAD)
    start = ((image[_SETUP_SECTORS] or 4) + 1) * 512 + offset
    # The payload ends with four bytes of its own size.
    return lzma.LZMADecompressor().decompress(image[start:start + length])
