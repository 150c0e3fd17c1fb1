"""Frames of ITU-T Q.921 (LAPD) on the D channel of a primary rate interface: read strictly, without state and without I/O.

    octet 1   SAPI (6 bits), C/R, EA = 0
    octet 2   TEI (7 bits), EA = 1
    octet 3   control: bit 1 = 0 information (octets 3 and 4), bits 2 1 = 01 supervisory (3 and 4), 11 unnumbered (3 only)

On a primary rate interface there is one link: SAPI 0, TEI 0 (Q.921 annex A; ETSI EN 300 402). Commands carry C/R = 1 from the network and 0
from the user; responses the opposite (clause 3.3.2). Frames are given without flags and check sequence. A frame that breaks a rule becomes a
``FrameRefusal``; nothing raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.kernel.text import Text, text

__all__ = [
    "INFORMATION_OCTETS_MOST",
    "NUMBERED_HEADER",
    "Frame",
    "FrameKind",
    "FrameReason",
    "FrameRefusal",
    "emptied",
    "parse_frame",
    "words_of_reason",
]

INFORMATION_OCTETS_MOST = 260
"""N201 for SAPI 0 (Q.921 clause 5.9.3)."""
ADDRESS_OCTETS = 2
NUMBERED_HEADER = 4
UNNUMBERED_HEADER = 3
FRMR_INFORMATION_OCTETS = 5
POLL_FINAL_UNNUMBERED = 0x10


class FrameKind(StrEnum):
    """The frames of Q.921 table 5 that a primary rate link uses, by their names there."""

    I = "I"  # noqa: E741  # the standard's name
    RR = "RR"
    RNR = "RNR"
    REJ = "REJ"
    SABME = "SABME"
    DM = "DM"
    DISC = "DISC"
    UA = "UA"
    FRMR = "FRMR"


_SUPERVISORY = {0x01: FrameKind.RR, 0x05: FrameKind.RNR, 0x09: FrameKind.REJ}
_UNNUMBERED = {0x6F: FrameKind.SABME, 0x0F: FrameKind.DM, 0x43: FrameKind.DISC, 0x63: FrameKind.UA, 0x87: FrameKind.FRMR}
_ONLY_COMMANDS = {FrameKind.I, FrameKind.SABME, FrameKind.DISC}
_ONLY_RESPONSES = {FrameKind.DM, FrameKind.UA, FrameKind.FRMR}


class FrameReason(StrEnum):
    """Why a frame is refused."""

    TOO_SHORT = "frame_too_short"
    TOO_LONG = "frame_too_long"
    ADDRESS_EXTENSION = "address_extension"
    OTHER_LINK = "other_link"
    UNKNOWN_CONTROL = "unknown_control"
    WRONG_DIRECTION = "wrong_direction"


def words_of_reason(reason: FrameReason) -> Text:
    """The reason as a sentence."""
    return {
        FrameReason.TOO_SHORT: text("the frame is shorter than its kind must be"),
        FrameReason.TOO_LONG: text("the frame is longer than its kind may be"),
        FrameReason.ADDRESS_EXTENSION: text("the address is not two octets long"),
        FrameReason.OTHER_LINK: text("the frame is for another link than SAPI 0, TEI 0"),
        FrameReason.UNKNOWN_CONTROL: text("the kind of frame is unknown, or has no place on a primary rate interface"),
        FrameReason.WRONG_DIRECTION: text("a command where a response must be, or a response where a command must be"),
    }[reason]


@dataclass(frozen=True)
class FrameRefusal:
    """The frame breaks this rule."""

    reason: FrameReason


@dataclass(frozen=True)
class Frame:
    """A well-formed frame. ``send_number`` and ``receive_number`` are N(S) and N(R), 0…127, where the kind has them."""

    kind: FrameKind
    from_network: bool
    """What C/R says of the sender, taking a frame of either sense for a command of SABME or DISC."""
    poll_final: bool
    command: bool | None
    """True for a command, False for a response; None when only the sender's side could tell (RR, RNR, REJ)."""
    send_number: int | None = None
    receive_number: int | None = None
    information: bytes = b""


def parse_frame(octets: bytes, *, from_network: bool) -> Frame | FrameRefusal:
    """The frame, received from the network or from the user side. SABME is taken with either C/R: a wrong one shows a wrong configuration."""
    if len(octets) < UNNUMBERED_HEADER:
        return FrameRefusal(FrameReason.TOO_SHORT)
    if octets[0] & 1 or not octets[1] & 1:
        return FrameRefusal(FrameReason.ADDRESS_EXTENSION)
    if octets[0] & 0xFC or octets[1] != 1:
        return FrameRefusal(FrameReason.OTHER_LINK)
    set_bit = bool(octets[0] & 2)
    read = _unnumbered(octets) if octets[2] & 3 == 3 else _numbered(octets)
    if isinstance(read, FrameReason):
        return FrameRefusal(read)
    command = set_bit == from_network
    if read.kind in _ONLY_RESPONSES and command:
        return FrameRefusal(FrameReason.WRONG_DIRECTION)
    if read.kind in _ONLY_COMMANDS - {FrameKind.SABME} and not command:
        return FrameRefusal(FrameReason.WRONG_DIRECTION)
    says_network = set_bit if read.kind is FrameKind.SABME else from_network
    return Frame(read.kind, says_network, read.poll_final, command, read.send_number, read.receive_number, read.information)


def emptied(octets: bytes) -> bytes:
    """An information frame without its information: the link goes on counting, and layer 3 hears nothing."""
    return octets[:NUMBERED_HEADER]


@dataclass(frozen=True)
class _Control:
    kind: FrameKind
    poll_final: bool
    send_number: int | None = None
    receive_number: int | None = None
    information: bytes = b""


def _numbered(octets: bytes) -> _Control | FrameReason:
    if len(octets) < NUMBERED_HEADER:
        return FrameReason.TOO_SHORT
    poll_final, receive_number = bool(octets[3] & 1), octets[3] >> 1
    if not octets[2] & 1:
        information = octets[NUMBERED_HEADER:]
        if len(information) > INFORMATION_OCTETS_MOST:
            return FrameReason.TOO_LONG
        return _Control(FrameKind.I, poll_final, octets[2] >> 1, receive_number, information)
    kind = _SUPERVISORY.get(octets[2])
    if kind is None:
        return FrameReason.UNKNOWN_CONTROL
    return FrameReason.TOO_LONG if len(octets) > NUMBERED_HEADER else _Control(kind, poll_final, receive_number=receive_number)


def _unnumbered(octets: bytes) -> _Control | FrameReason:
    kind = _UNNUMBERED.get(octets[2] & ~POLL_FINAL_UNNUMBERED)
    if kind is None:
        return FrameReason.UNKNOWN_CONTROL
    information = octets[UNNUMBERED_HEADER:]
    expected = FRMR_INFORMATION_OCTETS if kind is FrameKind.FRMR else 0
    if len(information) != expected:
        return FrameReason.TOO_SHORT if len(information) < expected else FrameReason.TOO_LONG
    return _Control(kind, bool(octets[2] & POLL_FINAL_UNNUMBERED), information=information)
