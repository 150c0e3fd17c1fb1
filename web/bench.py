"""The bench of telephones, as the page needs it: what stands on it, what can be done to it, and what browser and appliance say.

The bench exists only with simulated boards; who builds the appliance gives it to the page.

A browser sends JSON objects with the name of an act in ``do``, and sound as octets: two octets with the number of the handset's
channel, two that are zero, four with the number of the first sample (all big-endian), then 160 A-law octets. The appliance sends the
state of what has changed as JSON, and sound in the same form.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from engine.kernel.errors import BadInput
from engine.kernel.text import text

__all__ = [
    "BLOCK",
    "Bench",
    "BenchLine",
    "CallerIdKind",
    "Handset",
    "HandsetKind",
    "Hear",
    "OutsideWish",
    "Sound",
    "dialled_of",
    "pack_sound",
    "read_request",
    "unpack_sound",
    "wish_of",
    "word_of",
]

BLOCK = 160
"""Octets of sound in 20 ms."""
_HEAD = struct.Struct(">HHI")
SAMPLES_MASK = 0xFFFFFFFF
WORD_MOST = 40
NAME_MOST = 20
NUMBER = re.compile(r"[0-9]{3,20}")
DIALLED = re.compile(r"[0-9]{0,20}")

Hear = Callable[[bytes, int], None]
"""Told 160 A-law octets and the number of the first sample."""


class HandsetKind(StrEnum):
    """Where a handset is."""

    DESK = "desk"
    OUTSIDE = "outside"


class CallerIdKind(StrEnum):
    """How the exchange tells the number of who calls."""

    FSK = "fsk"
    DTMF = "dtmf"
    NONE = "none"


@dataclass(frozen=True)
class Handset:
    """A telephone at this moment.

    ``number``: the extension of a desk phone, the telephone number of one outside. ``line``: the exchange line that one outside is
    connected with. ``tone``: ``dial``, ``ringback``, ``busy``, ``congestion``, ``unallocated``, ``steady``, ``sound`` for anything
    else, empty for silence. ``shown`` is the caller's number on a desk phone's display, ``shown_name`` the name, ``absence`` why there is none.
    ``yielded``: the demo uses it.
    """

    name: str
    kind: HandsetKind
    number: str
    title: str = ""
    lifted: bool = False
    ringing: bool = False
    talking: bool = False
    line: str = ""
    tone: str = ""
    shown: str = ""
    shown_name: str = ""
    absence: str = ""
    yielded: bool = False

    @property
    def in_use(self) -> bool:
        """Somebody holds it."""
        return self.lifted


@dataclass(frozen=True)
class BenchLine:
    """An exchange line: its number, and where it is in the words of ``Phase``: idle, ringing, talking, clearing, dialling, ringing_out, failed.

    An E1 trunk has ``channels``, of which ``busy`` carry calls; it is idle, full, or down when its signalling is. 0: an analog line.
    """

    name: str
    number: str
    phase: str
    flow: str = ""
    channels: int = 0
    busy: int = 0


@dataclass(frozen=True)
class OutsideWish:
    """A telephone outside as somebody wants it. ``withheld``: the number is not told to whoever is called."""

    number: str
    title: str = ""
    caller_id: CallerIdKind = CallerIdKind.FSK
    withheld: bool = False


class Bench(Protocol):
    """Everything that people do at the telephones. An act raises Refused when it is not possible now, BadInput for values that
    cannot be, and then nothing has happened. A handset that does not exist is BadInput.
    """

    @property
    def demo_plays(self) -> bool:
        """The appliance plays its demo call: its telephones and all lines belong to it."""

    def handsets(self) -> tuple[Handset, ...]:
        """Every telephone: the desk phones in the site's order, then those outside."""

    def lines(self) -> tuple[BenchLine, ...]:
        """Every exchange line in the site's order."""

    def lift(self, name: str) -> None:
        """Take the handset up; one outside that rings is answered by it."""

    def hang_up(self, name: str) -> None:
        """Put the handset down, also one outside that is only being rung."""

    def press(self, name: str, keys: str, *, pulse: bool) -> None:
        """Press keys; ``pulse``: by opening the loop, as old telephones do."""

    def flash(self, name: str) -> None:
        """The R key of a desk phone."""

    def place(self, wish: OutsideWish) -> str:
        """Have a telephone outside; gives its name. One that has this number already gets the rest of the wish."""

    def remove(self, name: str) -> None:
        """Take a telephone outside away."""

    def call(self, name: str, line: str, called: str = "") -> str:
        """From a telephone outside call this line or E1 trunk, empty: the first free one that is answered; gives the line.

        ``called``: by an E1, the number that was dialled; empty: the trunk's own.
        """

    def choose_in_menu(self, name: str, language: str) -> None:
        """Whoever calls gets through the line's menu to the agents by itself, in this language."""

    def log_in(self, name: str, agent: str) -> None:
        """At a desk phone, press everything that logs this agent in, and put the handset down."""

    def listen(self, name: str, hear: Hear | None) -> None:
        """From now on tell this what the ear piece sounds; None: nobody listens any more."""

    def speak(self, name: str, octets: bytes) -> None:
        """160 A-law octets spoken into the mouth piece; call it every 20 ms."""

    def be_silent(self, name: str) -> None:
        """Nobody speaks into the mouth piece any more."""

    def spare_number(self) -> str:
        """A telephone number for somebody outside that nobody has yet, or the usual one when it is on the bench and idle."""


@dataclass(frozen=True)
class Sound:
    """20 ms of sound of one channel; ``sample`` is the number of the first sample, modulo 2³²."""

    channel: int
    sample: int
    octets: bytes


def pack_sound(sound: Sound) -> bytes:
    """The sound as it goes over the wire."""
    return _HEAD.pack(sound.channel, 0, sound.sample & SAMPLES_MASK) + sound.octets


def unpack_sound(message: bytes) -> Sound:
    """What came over the wire. Raises BadInput when it is no sound."""
    if len(message) != _HEAD.size + BLOCK:
        raise BadInput(text("sound of {length} octets; expected {expected}", length=len(message), expected=_HEAD.size + BLOCK))
    channel, zero, sample = _HEAD.unpack_from(message)
    if zero:
        raise BadInput(text("sound with an unknown head; reload the page"))
    return Sound(channel, sample, message[_HEAD.size :])


def read_request(message: bytes) -> Mapping[str, Any]:
    """The object that a browser sent. Raises BadInput when it is none."""
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadInput(text("this is no JSON text")) from error
    if not isinstance(found, dict) or not isinstance(found.get("do"), str):
        raise BadInput(text("this is no request: expected a JSON object with the name of an act in “do”"))
    return found


def word_of(request: Mapping[str, Any], name: str, usual: str | None = None) -> str:
    """A short text of a request. Raises BadInput when it is missing (without ``usual``), too long or no text."""
    value = request.get(name, usual)
    if not isinstance(value, str) or len(value) > WORD_MOST or not value.isprintable():
        raise BadInput(text("{name}: expected a text of at most {most} characters", name=name, most=WORD_MOST))
    return value


def dialled_of(request: Mapping[str, Any]) -> str:
    """The number that a telephone outside dials; empty: that of the line. Raises BadInput."""
    called = word_of(request, "called", "").replace(" ", "").replace("-", "")
    if not DIALLED.fullmatch(called) or not called.isascii():
        raise BadInput(text("{number} cannot be dialled: expected at most 20 digits", number=repr(called)))
    return called


def wish_of(request: Mapping[str, Any]) -> OutsideWish:
    """The telephone outside that a request describes. Raises BadInput."""
    number = word_of(request, "number").replace(" ", "").replace("-", "")
    if not NUMBER.fullmatch(number) or not number.isascii():
        raise BadInput(text("{number} is no telephone number: expected 3 to 20 digits", number=repr(number)))
    title, kind = word_of(request, "title", "").strip(), word_of(request, "caller_id", CallerIdKind.FSK.value)
    if len(title) > NAME_MOST:
        raise BadInput(text("a caller's name has at most {most} characters", most=NAME_MOST))
    try:
        title.encode("gb2312")
    except UnicodeEncodeError as error:
        raise BadInput(text("the name {name} cannot be sent: the exchange knows the characters of GB 2312", name=repr(title))) from error
    if kind not in set(CallerIdKind):
        raise BadInput(text("caller id {kind}: expected one of {known}", kind=repr(kind), known=", ".join(CallerIdKind)))
    return OutsideWish(number, title, CallerIdKind(kind), withheld=request.get("withheld") is True)
