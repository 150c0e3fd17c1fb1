"""Capture files of D channels that Wireshark opens: pcap with nanoseconds, link type LAPD with a pseudo-header of Linux (LINKTYPE_LINUX_LAPD).

Wireshark must be told for each frame which side sent it: plain LAPD (link type 203) lacks that, the Linux form carries it. Its 16 octets before
each frame, in network order: packet type (0 to us, 4 from us), address type, address length, whether the writer is the network
side (octet 6), its padding, and the protocol 48. Numbers of the file itself are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from boards.e1.pri_values import Role

__all__ = ["FRAME_OCTETS_MOST", "CapturedFrame", "file_head", "record", "written"]

FRAME_OCTETS_MOST = 1024
MAGIC_NANOSECONDS = 0xA1B23C4D
VERSION = (2, 4)
LINKTYPE_LINUX_LAPD = 177
SLL_OCTETS = 16
PACKET_TO_US, PACKET_FROM_US = 0, 4
ADDRESS_TYPE_LAPD = 0x2004
PROTOCOL_LAPD = 0x0030
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class CapturedFrame:
    """A frame (address to information, no check sequence) as it was on the line. ``utc_ns``: since 1970; ``sender``: which side sent it."""

    utc_ns: int
    sender: Role
    octets: bytes


def file_head() -> bytes:
    """What a capture file begins with; records follow, and a file that was cut off behind any of them is whole."""
    return struct.pack("<IHHiIII", MAGIC_NANOSECONDS, *VERSION, 0, 0, SLL_OCTETS + FRAME_OCTETS_MOST, LINKTYPE_LINUX_LAPD)


def record(frame: CapturedFrame, role: Role) -> bytes:
    """One frame as a record of the file, written by the side ``role``. What is longer than 1024 octets is cut, and the file says so."""
    kept = frame.octets[:FRAME_OCTETS_MOST]
    seconds, nanoseconds = divmod(frame.utc_ns, NANOSECONDS)
    head = struct.pack("<IIII", seconds & 0xFFFFFFFF, nanoseconds, SLL_OCTETS + len(kept), SLL_OCTETS + len(frame.octets))
    packet = PACKET_FROM_US if frame.sender is role else PACKET_TO_US
    return head + struct.pack(">HHHB7xH", packet, ADDRESS_TYPE_LAPD, 0, role is Role.NETWORK, PROTOCOL_LAPD) + kept


def written(frames: Iterable[CapturedFrame], role: Role) -> bytes:
    """A whole capture file."""
    return file_head() + b"".join(record(frame, role) for frame in frames)
