"""Call-backs: an extension was busy, and its caller is rung as soon as both are free; lifted, the phone calls it."""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls import call as c
from engine.calls.extensions import Extensions
from engine.calls.operations import Operations
from engine.calls.placing import Placing
from engine.calls.register import Call, Phone
from engine.calls.services.decision import Caller, Ringing
from engine.calls.switch import Switch
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, Refused
from engine.settings.targets import Target
from engine.telephony.causes import Cause, Release

__all__ = ["CallBacks"]

NOT_ANSWERED = Release(Cause.NO_ANSWER, "no_answer")
GUARD_S = 2.0
"""So long an extension may have its next call of its own before it is called back (ITU-T Q.953.3 has an idle guard timer for it)."""
S_A_MINUTE = 60.0


class CallBacks:
    """One per appliance."""

    def __init__(self, bus: Bus, clock: Clock, switch: Switch, operations: Operations, placing: Placing) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._operations = operations
        self._placing = placing
        self._extensions: Extensions = placing.extensions
        self._until: dict[str, Timer] = {}
        """When an order is given up, by extension."""
        self._looks: Timer | None = None
        bus.subscribe("call-backs", self.hear)

    def start(self) -> None:
        """Orders from before this start wait for their whole time again."""
        for extension, services in list(self._extensions.memory.extensions.items()):
            if services.call_back:
                self._wait(extension)

    def hear(self, envelope: Envelope) -> None:
        """Orders come and go; handsets go down."""
        match envelope.fact:
            case facts.CallBackSet(extension=extension, called=called):
                timer = self._until.pop(extension, None)
                if timer is not None:
                    timer.cancel()
                if called:
                    self._wait(extension)
            case facts.PhoneHungUp() | facts.CallEnded() | facts.LineInService() if self._until and self._looks is None:
                self._looks = self._clock.call_later(GUARD_S, self._look)

    def _wait(self, extension: str) -> None:
        longest_s = self._extensions.routing.site.service_codes.call_back_min * S_A_MINUTE
        self._until[extension] = self._clock.call_later(longest_s, lambda: self._end(extension))
        if self._looks is None:
            self._looks = self._clock.call_later(GUARD_S, self._look)

    def _end(self, extension: str) -> None:
        self._bus.publish(facts.CallBackSet(extension=extension, called="", by="system"))

    def _look(self) -> None:
        """Who can be called back now?"""
        self._looks = None
        for extension in list(self._until):
            called = self._extensions.set_for(extension).call_back
            own, other = self._switch.phone_of_extension(extension), self._switch.phone_of_extension(called)
            if own is not None and other is not None and own.free and other.free:
                self._ring(extension, own, called)

    def _ring(self, extension: str, own: Phone, called: str) -> None:
        self._end(extension)
        owner = _CallBack(lambda call: self._call(call, called))
        try:
            call = self._operations.originate(own, owner, called)
        except (Refused, EnvironmentFault):
            return
        ring_s = self._extensions.routing.site.desk.ring_timeout_s
        owner.timer = self._clock.call_later(ring_s, lambda: call.post(c.End(NOT_ANSWERED, "system")))

    def _call(self, call: Call, called: str) -> None:
        """The phone is up: on to the extension that was busy."""
        self._switch.tell_placed(call)
        caller = Caller(call.caller.number, inside=True)
        self._placing.bring(call, self._extensions.ringing(Target("extension", called), caller), _in_vain)


def _in_vain(call: Call, _ringing: Ringing, release: Release) -> None:
    call.post(c.End(release, "system"))


class _CallBack:
    """Looks after the caller's own phone until it is lifted. Implements ``engine.calls.register.DeliveringOwner``."""

    def __init__(self, reached: Callable[[Call], None]) -> None:
        self._reached = reached
        self.timer: Timer | None = None

    def call_key(self, call: Call, key: str) -> None:
        """Keys have no use."""

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Told by ``call_reached``."""

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """Told by the end."""

    def call_reached(self, call: Call, device: str) -> None:
        """The handset is up."""
        self._stop()
        self._reached(call)

    def call_in_vain(self, call: Call, release: Release) -> None:
        """The phone cannot be rung."""
        call.post(c.End(release, "system"))

    def call_ended(self, call: Call) -> None:
        """Nobody came."""
        self._stop()

    def _stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
