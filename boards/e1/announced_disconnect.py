"""What libpri cannot say: a DISCONNECT after which there is something to hear.

On an interface with tones the network clears a call that failed by DISCONNECT with the progress indicator "in-band information" and sounds why, until
the user releases (ITU-T Q.931 clause 5.3.4.1, EN 300 403-1 clause 5.3.4.1.1). libpri puts no progress indicator into a DISCONNECT. So it is put in on
the frame's way out, at the place that the order of elements wants, and again whenever libpri sends that frame again. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from boards.e1.pri_values import ProgressIndicator
from boards.e1.q921 import NUMBERED_HEADER
from boards.e1.q931 import Element, Message, MessageType, parse_message, written
from boards.e1.q931_elements import PROGRESS

__all__ = ["announced"]

PRIVATE_NETWORK = 1
"""Location: the private network that serves the local user, as libpri says it of us everywhere else."""
CLOSED = 0x80
UNNUMBERED_OR_SUPERVISORY = 0x01
IN_BAND = bytes([CLOSED | PRIVATE_NETWORK, CLOSED | ProgressIndicator.IN_BAND])
IN_BAND_ELEMENT = Element(PROGRESS, IN_BAND, 0, bytes([PROGRESS, len(IN_BAND)]) + IN_BAND)


def announced(frame: bytes, references: Collection[int]) -> bytes:
    """A frame of ours (no check sequence) as it goes out: the DISCONNECT of a call of the far end with one of these references says that there is
    something to hear; every other frame is as it was.
    """
    if len(frame) <= NUMBERED_HEADER or frame[2] & UNNUMBERED_OR_SUPERVISORY:
        return frame
    message = parse_message(frame[NUMBERED_HEADER:])
    if not isinstance(message, Message) or message.type is not MessageType.DISCONNECT:
        return frame
    if message.from_originator or message.reference not in references or message.element(PROGRESS) is not None:
        return frame
    before = tuple(one for one in message.elements if one.codeset == 0 and one.identifier <= PROGRESS)
    behind = tuple(one for one in message.elements if one not in before)
    return frame[:NUMBERED_HEADER] + written(replace(message, elements=(*before, IN_BAND_ELEMENT, *behind)))
