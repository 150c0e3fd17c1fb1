"""The trace of a D channel: its frames kept, read as calls, in words, and as a file for Wireshark.

The ring keeps messages and what makes or ends the link; a capture keeps every frame. A frame is at most 264 octets long, so the ring's 2000 take half a
megabyte with everything around them. Pure; time is handed in.
"""

from __future__ import annotations

from boards.e1 import q921, q931
from boards.e1.capture import CapturedFrame, written
from boards.e1.pri_values import Role
from boards.e1.q921 import Frame, FrameKind
from boards.e1.q931 import Message, MessageType
from boards.e1.q931_elements import CALLED_NUMBER, CALLING_NUMBER, CHANNEL_IDENTIFICATION, KEYPAD, REDIRECTING_NUMBER, group_end
from boards.e1.q931_words import in_words
from boards.e1.trace_keeping import Kept, Marks, TraceKeeper
from engine.telephony.call_trace import TraceLine

__all__ = ["PriTrace"]

SUPERVISORY = 0x01
NS_A_MS = 1_000_000


def _is_worth_keeping(frame: bytes) -> bool:
    """Messages, and frames that begin or end the link; not those that only say that it lives."""
    if len(frame) < q921.NUMBERED_HEADER:
        return len(frame) > q921.NUMBERED_HEADER - 2
    return frame[2] & 3 != SUPERVISORY


class PriTrace:
    """One D channel's. ``role`` is ours."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self.keeper: TraceKeeper[bytes] = TraceKeeper(self._marks, _is_worth_keeping)

    def note(self, utc_ms: int, frame: bytes, *, ours: bool) -> None:
        """A frame (no check sequence) went or came."""
        self.keeper.note(utc_ms * NS_A_MS, frame, len(frame), ours=ours)

    def line(self, kept: Kept[bytes]) -> TraceLine:
        """A frame in words."""
        words = in_words(kept.entry, from_network=self._from_network(kept))
        marks = self._marks(kept)
        return TraceLine(kept.seq, kept.utc_ns // NS_A_MS, kept.ours, marks.channel, marks.call, words.heading, words.details)

    def file(self) -> bytes:
        """The capture for Wireshark."""
        other = Role.NETWORK if self._role is Role.USER else Role.USER
        frames = (CapturedFrame(kept.utc_ns, self._role if kept.ours else other, kept.entry) for kept in self.keeper.captured())
        return written(frames, self._role)

    def _from_network(self, kept: Kept[bytes]) -> bool:
        return kept.ours == (self._role is Role.NETWORK)

    def _marks(self, kept: Kept[bytes]) -> Marks:
        frame = q921.parse_frame(kept.entry, from_network=self._from_network(kept))
        if not isinstance(frame, Frame) or frame.kind is not FrameKind.I:
            return Marks()
        message = q931.parse_message(frame.information, maintenance=True, codesets=frozenset(range(8)))
        return _marks_of(message, ours=kept.ours) if isinstance(message, Message) else Marks()


def _marks_of(message: Message, *, ours: bool) -> Marks:
    channel = _channel(message)
    if message.reference == 0:
        return Marks(channel=channel)
    originated_by_us = ours == message.from_originator
    numbers = tuple(_digits(message, element) for element in (CALLING_NUMBER, CALLED_NUMBER, REDIRECTING_NUMBER))
    return Marks(
        call=f"{'ours' if originated_by_us else 'theirs'}-{message.reference}",
        channel=channel,
        begins=message.type is MessageType.SETUP,
        ends=message.type is MessageType.RELEASE_COMPLETE,
        numbers=tuple(number for number in numbers if number),
        digits=_digits(message, CALLED_NUMBER) or _plain(message, KEYPAD),
    )


def _plain(message: Message, identifier: int) -> str:
    element = message.element(identifier)
    return "" if element is None else element.contents.decode("ascii", "replace")


def _digits(message: Message, identifier: int) -> str:
    element = message.element(identifier)
    if element is None or not element.contents:
        return ""
    return element.contents[group_end(element.contents, 0) or len(element.contents) :].decode("ascii", "replace")


def _channel(message: Message) -> int:
    """The one B channel that the message names as a number; 0: none, any, or several."""
    element = message.element(CHANNEL_IDENTIFICATION)
    if element is None or len(element.contents) < 2 or element.contents[0] & 0x43 != 0x01:  # explicit interface, or not "as follows"
        return 0
    contents = element.contents
    return 0 if len(contents) != 3 or contents[1] & 0x10 else contents[2] & 0x7F  # one channel, by its number
