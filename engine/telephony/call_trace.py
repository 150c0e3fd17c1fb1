"""Signalling of a trunk as people look at it: whether its D channel works, what was refused, and its messages in words.

A board offers one ``TrunkSignalling`` for each E1 trunk. The newest messages are always kept, so that a call that failed a minute ago can be
looked at; a *capture* is begun on purpose and keeps more, for as long as was asked. Both are bounded in messages and octets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.kernel.text import Text

__all__ = ["CAPTURE_LIMIT_MOST_S", "CaptureState", "Counted", "Everything", "Selection", "SignallingState", "TraceLine", "TrunkSignalling"]

CAPTURE_LIMIT_MOST_S = 24 * 3600


@dataclass(frozen=True)
class Selection:
    """Which calls of a trunk are wanted: those with ``number`` (a part of the caller's or called number), those on ``channel`` (a timeslot).

    Empty and 0 do not matter.
    """

    number: str = ""
    channel: int = 0

    @property
    def everything(self) -> bool:
        """No call is left out, nor what belongs to none."""
        return not self.number and not self.channel


Everything = Selection()


@dataclass(frozen=True)
class TraceLine:
    """A message or signal in words. ``seq`` counts what passed since the start; ``ours``: we sent it; ``channel``: its timeslot, 0: not of one;
    ``call``: what tells the calls of a trunk apart, empty: of none.
    """

    seq: int
    utc_ms: int
    ours: bool
    channel: int
    call: str
    heading: Text
    details: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Counted:
    """One counter and its name."""

    name: Text
    count: int


@dataclass(frozen=True)
class SignallingState:
    """``up``: None where there is no D channel; ``since_utc_ms`` 0: since the start. ``kept``: messages in the ring of the newest, which holds
    ``kept_most`` of them and ``kept_octets_most`` octets.
    """

    up: bool | None
    since_utc_ms: int
    counters: tuple[Counted, ...]
    refused: tuple[Counted, ...]
    """What of the far end was not let in, by reason."""
    kept: int
    kept_most: int
    kept_octets_most: int


@dataclass(frozen=True)
class CaptureState:
    """A capture, running or over. ``lost``: messages for which there was no room. ``why_ended`` empty while it runs."""

    selection: Selection
    by: str
    begun_utc_ms: int
    limit_s: int
    messages: int
    octets: int
    lost: int
    why_ended: str


class TrunkSignalling(Protocol):
    """The signalling of one E1 trunk."""

    @property
    def trunk(self) -> str:
        """The trunk's name."""

    @property
    def file_suffix(self) -> str:
        """What a capture's file is: ``pcap`` for Wireshark, ``txt`` where there are no messages but signals."""

    def watch(self, hear: Callable[[bool], None]) -> None:
        """``hear`` is told whenever a D channel goes up (True) or down."""

    def state(self) -> SignallingState:
        """At this moment."""

    def recent(self, selection: Selection, after: int = 0) -> Sequence[TraceLine]:
        """The newest messages behind number ``after``, the oldest first."""

    def follow(self, selection: Selection) -> Callable[[], Sequence[TraceLine]]:
        """Gives, each time it is asked, the messages that came since, the oldest first; the first time those that are kept."""

    def begin_capture(self, selection: Selection, limit_s: int, by: str) -> None:
        """Keep what fits from now on; an older capture is forgotten. Refused while one runs."""

    def end_capture(self, why: str) -> None:
        """Keep no more. Does nothing when none runs."""

    def capture(self) -> CaptureState | None:
        """The newest capture; None when there was none."""

    def captured(self, after: int = 0) -> Sequence[TraceLine]:
        """What the capture holds behind number ``after``."""

    def capture_file(self, render: Callable[[Text], str]) -> bytes:
        """The capture as a file; ``render`` is for files of words."""
