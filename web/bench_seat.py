"""One browser at the bench: which handset is at its ear, what it may still send, and what it is told.

Everything is bounded. Requests and sound have a rate; sound that the browser has not taken within a second is followed by none,
which is dropped and counted; messages that are not understood end the connection when there are too many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from engine.kernel.clock import Timer
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from web.bench import Sound, pack_sound, read_request, unpack_sound
from web.bench_guide import Guide

__all__ = ["CLOSE_FAULTS", "CLOSE_LOGIN_OVER", "CLOSE_REPLACED", "CLOSE_STOPPING", "Counters", "Rate", "Seat", "Wire"]

CLOSE_FAULTS = 4002
CLOSE_STOPPING = 4000
CLOSE_REPLACED = 4001
CLOSE_LOGIN_OVER = 4003
REQUESTS_A_S = 30.0
REQUESTS_BURST = 60.0
SOUND_A_S = 60.0
"""Blocks of 20 ms: 50 a second, and some more because the browser's clock is another one."""
SOUND_BURST = 60.0
SOUND_AHEAD_MOST = 50
"""Blocks that may be on the way to the browser: a second."""
FAULTS_MOST = 20
THINGS_A_MESSAGE = 60
"""Each has some hundred octets."""
NS_A_S = 1_000_000_000


class Wire(Protocol):
    """The connection to a browser."""

    @property
    def blocked(self) -> bool:
        """It does not take anything now; ``Seat.unblocked`` says when it does again."""

    def tell(self, message: str) -> None:
        """Send a text."""

    def sound(self, message: bytes) -> None:
        """Send octets."""

    def end(self, code: int, reason: str) -> None:
        """Close it."""


class Counters:
    """What happened at the bench since the start."""

    def __init__(self) -> None:
        self.opened = 0
        self.refused = 0
        """Browsers too many, or from elsewhere."""
        self.faults = 0
        """Messages that were not understood."""
        self.too_fast = 0
        """Requests that were left out."""
        self.sound_in = 0
        self.sound_in_dropped = 0
        self.sound_out = 0
        self.sound_out_dropped = 0


class Rate:
    """At most so many a second, and so many at once."""

    def __init__(self, a_s: float, burst: float, monotonic_ns: Callable[[], int]) -> None:
        self._a_s = a_s
        self._burst = burst
        self._monotonic_ns = monotonic_ns
        self._left = burst
        self._at_ns = monotonic_ns()

    def take(self) -> bool:
        """One more; False when that is too many."""
        now_ns = self._monotonic_ns()
        self._left = min(self._burst, self._left + (now_ns - self._at_ns) * self._a_s / NS_A_S)
        self._at_ns = now_ns
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Seat:
    """A browser, from its first connection until some seconds after its last. ``act`` does what it asks for, ``speak`` takes its sound."""

    def __init__(
        self,
        number: int,
        user: str,
        act: Callable[[Seat, Mapping[str, object]], None],
        speak: Callable[[Seat, Sound], bool],
        monotonic_ns: Callable[[], int],
        counters: Counters,
    ) -> None:
        self.number = number
        self.user = user
        self.ear = ""
        """The handset at its ear."""
        self.guide = Guide()
        self.language = "en"
        self.say: Callable[[Text], str] = Text.in_english
        self.alive: Callable[[], bool] = lambda: True
        self.wire: Wire | None = None
        self.absence: Timer | None = None
        """Runs while it is away."""
        self.behind = False
        """It has missed a change and must be told everything."""
        self._act = act
        self._speak = speak
        self._monotonic_ns = monotonic_ns
        self._counters = counters
        self._told = ""
        self._renew()

    def connect(self, wire: Wire, alive: Callable[[], bool], language: str, say: Callable[[Text], str]) -> None:
        """A connection is there; ``alive`` says whether the login that it came with still lasts. One that was there before is closed."""
        old, self.wire = self.wire, wire
        self.alive = alive
        if old is not None:
            old.end(CLOSE_REPLACED, "opened again")
        self.language, self.say = language, say
        self.behind = True
        self._told = ""
        self._renew()

    def _renew(self) -> None:
        self._sent = self._taken = 0
        self._faults = 0
        self._fast_told = False
        self._requests = Rate(REQUESTS_A_S, REQUESTS_BURST, self._monotonic_ns)
        self._sounds = Rate(SOUND_A_S, SOUND_BURST, self._monotonic_ns)

    # ---- from the browser --------------------------------------------------------------------------------------------

    def receive(self, message: bytes, *, is_sound: bool) -> None:
        """One message."""
        try:
            if is_sound:
                self._receive_sound(message)
            else:
                self._receive_request(message)
        except BadInput as wrong:
            self._fault(wrong.text)

    def _receive_sound(self, message: bytes) -> None:
        sound = unpack_sound(message)
        if self._sounds.take() and self._speak(self, sound):
            self._counters.sound_in += 1
        else:
            self._counters.sound_in_dropped += 1

    def _receive_request(self, message: bytes) -> None:
        if not self._requests.take():
            self._counters.too_fast += 1
            if not self._fast_told:
                self._fast_told = True
                self.tell_person(text("Too many requests at once: some were left out."))
            return
        self._fast_told = False
        request = read_request(message)
        if request["do"] == "heard":
            self._take(request.get("count"))
            return
        try:
            self._act(self, request)
        except Refused as refusal:
            self.tell_person(refusal.text)

    def _take(self, count: object) -> None:
        if not isinstance(count, int) or not self._taken <= count <= self._sent:
            raise BadInput(text("{count} blocks of sound cannot have been heard", count=repr(count)[:40]))
        self._taken = count

    def _fault(self, said: Text) -> None:
        self._counters.faults += 1
        self._faults += 1
        self.tell_person(said)
        if self._faults > FAULTS_MOST and self.wire is not None:
            self.wire.end(CLOSE_FAULTS, "too many messages that are not understood")

    # ---- to the browser ----------------------------------------------------------------------------------------------

    def tell_person(self, said: Text) -> None:
        """A sentence to be read."""
        self.tell({"t": "said", "said": self.say(said)})

    def tell(self, message: Mapping[str, object]) -> None:
        """Send a message, unless the browser does not take any."""
        if self.wire is not None and not self.wire.blocked:
            self.wire.tell(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def tell_changes(self, changed: Mapping[str, str], gone: Sequence[str], *, whole: bool) -> None:
        """What has changed, each thing by its name as JSON; ``whole``: everything else is no more. In pieces of a fair size."""
        things = list(changed.items())
        for begin in range(0, max(1, len(things)), THINGS_A_MESSAGE):
            piece = ",".join(f"{json.dumps(name)}:{value}" for name, value in things[begin : begin + THINGS_A_MESSAGE])
            first = begin == 0
            if self.wire is not None:
                self.wire.tell(
                    f'{{"t":"state","whole":{json.dumps(whole and first)},"set":{{{piece}}},"gone":{json.dumps(gone if first else [])}}}'
                )

    def tell_own(self) -> None:
        """What concerns only this browser, when it is new."""
        if self.wire is None or self.wire.blocked:
            return
        own = json.dumps({"t": "seat", "seat": self.number, "ear": self.ear, "guide": self.guide.shown()})
        if own != self._told:
            self._told = own
            self.wire.tell(own)

    def hear(self, channel: int, octets: bytes, at_sample: int) -> None:
        """The ear piece sounds."""
        wire = self.wire
        if wire is None or wire.blocked or self._sent - self._taken >= SOUND_AHEAD_MOST:
            self._counters.sound_out_dropped += 1
            return
        self._sent += 1
        self._counters.sound_out += 1
        wire.sound(pack_sound(Sound(channel, at_sample, octets)))
