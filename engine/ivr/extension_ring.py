"""A call from outside that a route leads to an extension: it is answered, hears ringback tone, and the phone rings for some time."""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls import call as c
from engine.calls.switch import Call, Phone, Switch
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.telephony.media import Playing
from engine.telephony.tones import ToneName, ToneSet

__all__ = ["ExtensionRing"]

Onward = Callable[[Call, str], None]
"""Told that the extension did not take the call: ``no_answer`` or ``out_of_service``."""


class ExtensionRing:
    """Owns one call while the phone rings, and until it is over. Implements ``engine.calls.switch.CallOwner``."""

    def __init__(self, switch: Switch, bus: Bus, clock: Clock, tones: ToneSet, onward: Onward) -> None:
        self._switch = switch
        self._bus = bus
        self._clock = clock
        self._tones = tones
        self._onward = onward
        self._ringback: Playing | None = None
        self._timer: Timer | None = None

    def begin(self, call: Call, phone: Phone, ring_timeout_s: float) -> None:
        """Answer the call, if nobody has, and ring the phone for at most so long."""
        call.owner = self
        if call.unanswered:
            call.post(c.Answer())
        tone = self._tones[ToneName.RINGBACK]
        port = self._switch.trunks[call.line].port
        self._ringback = self._switch.bay.tone(tone.steps, [port], loop_from=tone.loop_from)
        self._timer = self._clock.call_later(ring_timeout_s, lambda: self._in_vain(call))
        call.post(c.Ring(phone.name))

    def call_key(self, call: Call, key: str) -> None:
        """Keys have no use while a phone rings; the fact is enough."""
        if self._timer is not None:
            self._bus.publish(facts.KeyPressed(call=call.id, key=key), call.interaction)

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Answered: both hear each other at once."""
        self._quiet()
        call.post(c.Join())

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """The phone cannot be rung."""
        self._quiet()
        self._onward(call, "out_of_service")

    def call_ended(self, call: Call) -> None:
        """The caller is gone, or the conversation is over."""
        self._quiet()

    def _in_vain(self, call: Call) -> None:
        self._quiet()
        call.post(c.StopRing())
        self._onward(call, "no_answer")

    def _quiet(self) -> None:
        if self._ringback is not None:
            self._ringback.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._ringback = self._timer = None
