"""A call brought to somebody: phones ring and numbers are dialled for it, stage after stage, until one answers.

All devices of a stage are tried at once; the first that answers has the call, and the others are quiet. A caller from outside is not answered
before that: where his exchange can be told it is told that it rings here. Who waits hears ringback, or music when he was sent on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine import facts
from engine.calls import call as c
from engine.calls.register import Call, Phone
from engine.calls.route import Route
from engine.calls.switch import Switch
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

__all__ = ["Delivery", "DeliveryStage", "DialledNumber"]

NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")


@dataclass(frozen=True)
class DialledNumber:
    """A number outside, the way of it, and the caller number that it shows (empty: that of the way)."""

    number: str
    route: Route
    presented: str = ""


@dataclass(frozen=True)
class DeliveryStage:
    """Phones, by their names, and numbers that are tried at once for at most ``ring_s``."""

    phones: tuple[str, ...]
    ring_s: float
    numbers: tuple[DialledNumber, ...] = ()


class Delivery:
    """Of one call. ``in_vain`` is told how the last attempt ended when all stages are over; the call waits on until then.

    ``reached`` is told which line or phone answered. Implements ``engine.calls.register.CallOwner``.
    """

    def __init__(
        self,
        switch: Switch,
        bus: Bus,
        clock: Clock,
        stages: Sequence[DeliveryStage],
        in_vain: Callable[[Call, Release], None],
        reached: Callable[[Call, str], None] = lambda _call, _device: None,
    ) -> None:
        self._switch = switch
        self._bus = bus
        self._clock = clock
        self._stages = list(stages)
        self._in_vain = in_vain
        self._reached = reached
        self._timer: Timer | None = None
        self._release = NO_ANSWER

    def begin(self, call: Call) -> None:
        """Look after the call from now on, and try the first stage."""
        call.owner = self
        call.post(c.BeginDelivery())
        if call.unanswered:
            call.post(c.Alert())
        self._next(call)

    # ---- the call tells its owner ------------------------------------------------------------------------------------

    def call_key(self, call: Call, key: str) -> None:
        """Keys have no use while phones ring; the fact is enough."""
        if self._timer is not None:
            self._bus.publish(facts.KeyPressed(call=call.id, key=key), call.interaction)

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Told by ``call_reached``."""

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """Told by ``call_in_vain``, when it was the last."""

    def call_reached(self, call: Call, device: str) -> None:
        """Somebody has answered."""
        self._stop()
        self._reached(call, device)

    def call_in_vain(self, call: Call, release: Release) -> None:
        """None of the stage can be reached."""
        self._release = release
        self._next(call)

    def call_ended(self, call: Call) -> None:
        """The caller is gone, or the conversation is over."""
        self._stop()

    # ---- stages ------------------------------------------------------------------------------------------------------

    def _next(self, call: Call) -> None:
        self._stop()
        while self._stages:
            stage = self._stages.pop(0)
            if self._try(call, stage):
                self._timer = self._clock.call_later(stage.ring_s, lambda: self._too_long(call))
                return
        call.post(c.EndDelivery())
        self._in_vain(call, self._release)

    def _try(self, call: Call, stage: DeliveryStage) -> bool:
        """False when nothing of it can be rung or dialled."""
        phones = [name for name in stage.phones if self._can_ring(name)]
        dialled = [number for number in stage.numbers if self._dial(call, number)]
        if phones:
            kind = RingKind.INTERNAL if call.direction == "inside" else RingKind.QUEUE
            call.post(c.Ring(phones[0], tuple(phones[1:]), kind))
        return bool(phones or dialled)

    def _can_ring(self, name: str) -> bool:
        phone = self._switch.phones.get(name)
        return phone is not None and (phone.free or phone.can_be_told)

    def _dial(self, call: Call, number: DialledNumber) -> bool:
        try:
            self._switch.dial_for(call, number.number, number.route, number.presented)
        except Refused:
            return False
        return True

    def _too_long(self, call: Call) -> None:
        self._timer = None
        self._release = NO_ANSWER
        if call.attended:
            call.post(c.StopRing())
            self._next(call)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
