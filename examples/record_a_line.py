#!/usr/bin/env python3
"""Seizes the exchange line on a channel, records what it says into a WAV file (A-law or mu-law, as the line has it), and hangs up."""

from __future__ import annotations

import argparse
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from boards.dahdi.abi import Event, Flush, Law
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.errors import EventWaits
from boards.dahdi.system import KernelSystem, System

BLOCK_SAMPLES = 160
BLOCKS = 4
BLOCK_S = BLOCK_SAMPLES / 8000
FORMATS = {Law.ALAW: 6, Law.MULAW: 7}


def wav(octets: bytes, law: Law) -> bytes:
    """A WAV file of one channel with 8000 octets of the law in a second."""
    kind = struct.pack("<4sIHHIIHHH", b"fmt ", 18, FORMATS[law], 1, 8000, 8000, 1, 8, 0)
    fact = struct.pack("<4sII", b"fact", 4, len(octets))
    body = b"WAVE" + kind + fact + struct.pack("<4sI", b"data", len(octets)) + octets + bytes(len(octets) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def record(system: System, channel: int, most_s: float, wait: Callable[[float], object] = time.sleep) -> tuple[bytes, Law]:
    """What the line says in ``most_s`` seconds, or until it has no battery any more, and its law. Raises DahdiError."""
    heard = bytearray()
    wanted = round(most_s * 8000)
    with ChannelNode.open(system, channel) as line:
        law = Law(line.params().curlaw)
        line.set_buffers(BLOCK_SAMPLES, BLOCKS)
        line.hook_off()
        line.flush(Flush.READ)
        while len(heard) < wanted:
            try:
                block = line.read(BLOCK_SAMPLES)
            except EventWaits:
                if {Event.ONHOOK, Event.ALARM, Event.REMOVED} & set(line.events()):
                    print("the line has ended the call")
                    break
                continue
            if block is None:
                wait(BLOCK_S / 2)
            else:
                heard += block
        line.hook_on()
    return bytes(heard[:wanted]), law


def main() -> int:
    """Record, or say why not."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("channel", type=int, help="the channel of an exchange line (fxsks)")
    words.add_argument("file", type=Path, help="the file to write")
    words.add_argument("--seconds", type=float, default=5, help="how long")
    given = words.parse_args()
    try:
        octets, law = record(KernelSystem(), given.channel, given.seconds)
        given.file.write_bytes(wav(octets, law))
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(octets) / 8000:.1f} s of {law.name} are in {given.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
