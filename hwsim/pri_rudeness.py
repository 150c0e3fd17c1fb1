"""A rude exchange: frames on their way that are lost, late, repeated, swapped, or say what no exchange should.

Its chance is given: equal seeds are equally rude.
Rudeness keeps the link itself in order unless it is told not to: what is garbled on a line is dropped by the check sequence and sent again, so the
interesting nonsense is well-formed frames with wrong messages in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

__all__ = ["RudeLine", "Rudeness", "garbled_message"]

HEADER_OCTETS = 4
STRAY_MESSAGES = tuple(
    bytes.fromhex(octets)
    for octets in (
        "0802000105",  # SETUP with nothing in it
        "080200010504039090a3",  # SETUP without a channel
        "080280017d0802809e140100",  # STATUS: no such call
        "0802800175",  # STATUS ENQUIRY
        "080280014d08028090",  # RELEASE
        "080280015a08028090",  # RELEASE COMPLETE
        "0802800145",  # DISCONNECT without a cause
        "0802800145080280901e028188",  # DISCONNECT with an announcement
        "0802800107",  # CONNECT
        "080280010f",  # CONNECT ACKNOWLEDGE
        "0802800101",  # ALERTING
        "08028001101e028188",  # no message of that type
        "08028001031e028188",  # PROGRESS
        "080280010d1803a98381",  # SETUP ACKNOWLEDGE
        "080280017b700580313233",  # INFORMATION with a number that overruns
        "080280016e2701f9",  # NOTIFY: hold
        "0802800124",  # HOLD
        "0802800131",  # RETRIEVE
        "0802800162",  # FACILITY
        "08020000461803a98381790180",  # RESTART of channel 1
        "08020001461803a98381790180",  # RESTART of a call
        "080280004e1803a98381790180",  # RESTART ACKNOWLEDGE
        "0802000064",  # REGISTER
        "0801017d",  # one octet of call reference
        "080062",  # dummy call reference
        "030200000f0101c01803a98381",  # SERVICE
    )
)
"""Messages that come when nobody asked for them, or wrong in themselves."""


@dataclass(frozen=True)
class Rudeness:
    """How often, of 1: each frame is drawn for itself. ``stray``: a message that nobody asked for in place of one that was due."""

    lost: float = 0.0
    repeated: float = 0.0
    late: float = 0.0
    garbled: float = 0.0
    stray: float = 0.0
    late_frames_most: int = 4


def garbled_message(information: bytes, chance: Random) -> bytes:
    """A message with something wrong in it: a bit, an octet, a length, a part cut out, doubled or added."""
    octets = bytearray(information or b"\x08")
    at = chance.randrange(len(octets))
    change: Sequence[Callable[[], None]] = (
        lambda: octets.__setitem__(at, octets[at] ^ 1 << chance.randrange(8)),
        lambda: octets.__setitem__(at, chance.randrange(256)),
        lambda: octets.__setitem__(at, chance.choice((0, 1, 0x7F, 0x80, 0xFF))),
        lambda: octets.__delitem__(slice(at, None)),
        lambda: octets.__delitem__(slice(at, at + 1 + chance.randrange(8))),
        lambda: octets.__setitem__(slice(at, at), octets[at : at + 1 + chance.randrange(16)]),
        lambda: octets.__setitem__(slice(at, at), chance.randbytes(1 + chance.randrange(12))),
        lambda: octets.extend(chance.randbytes(chance.randrange(64))),
    )
    for _ in range(1 + chance.randrange(3)):
        if octets:
            at = chance.randrange(len(octets))
            chance.choice(change)()
    return bytes(octets[:260])


class RudeLine:
    """One direction of a line with a rude sender: frames in, frames out. What it did is counted by the names of ``Rudeness``."""

    def __init__(self, rudeness: Rudeness, chance: Random) -> None:
        self.rudeness = rudeness
        self.did = dict.fromkeys(("lost", "repeated", "late", "garbled", "stray"), 0)
        self._chance = chance
        self._waiting: list[bytes] = []

    def carry(self, frame: bytes) -> list[bytes]:
        """What arrives when this frame is sent: nothing, itself, something else, or earlier frames behind it."""
        out: list[bytes] = []
        if not self._drawn("lost"):
            frame = self._changed(frame)
            if self._drawn("late") and len(self._waiting) < self.rudeness.late_frames_most:
                self._waiting.append(frame)
            else:
                out = [frame, frame] if self._drawn("repeated") else [frame]
        if self._waiting and self._chance.random() < 0.5:
            out.append(self._waiting.pop(0))
        return out

    def _changed(self, frame: bytes) -> bytes:
        has_message = len(frame) > HEADER_OCTETS and not frame[2] & 1
        if has_message and self._drawn("stray"):
            return frame[:HEADER_OCTETS] + self._chance.choice(STRAY_MESSAGES)
        if has_message and self._drawn("garbled"):
            return frame[:HEADER_OCTETS] + garbled_message(frame[HEADER_OCTETS:], self._chance)
        return frame

    def _drawn(self, what: str) -> bool:
        drawn = bool(self._chance.random() < getattr(self.rudeness, what))
        self.did[what] += drawn
        return drawn
