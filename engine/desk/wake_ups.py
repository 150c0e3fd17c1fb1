"""Wake-up calls: the phone rings at its time, tells it to who lifts, and rings again some minutes later when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine import facts
from engine.calls import call as c
from engine.calls.extensions import Extensions
from engine.calls.operations import Operations
from engine.calls.register import Call, Phone
from engine.calls.switch import Switch
from engine.ivr.session import Prompts
from engine.ivr.speech import cardinal
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, Refused
from engine.telephony.causes import Cause, Release

__all__ = ["WakeUps", "time_prompts"]

DONE = Release(Cause.NORMAL_CALL_CLEARING, "wake_up_over")
NOT_ANSWERED = Release(Cause.NO_ANSWER, "no_answer")
LATE_MOST_MS = 30 * 60_000
"""A wake-up call that was due while the appliance did not run is made up for until then."""
LONGEST_S = 24 * 3600.0


def time_prompts(time: str, language: str) -> tuple[str, ...]:
    """The prompts that tell a time of day, ``07:30``."""
    hours, _, minutes = time.partition(":")
    of_minutes = (*cardinal(int(minutes), language), "minute") if int(minutes) else ()
    return ("wake_up_before", *cardinal(int(hours), language), "hour", *of_minutes)


@dataclass
class _Order:
    """A wake-up call that is to come, or goes on. ``tries`` so far."""

    time: str
    tries: int = 0
    timer: Timer | None = None
    call: Call | None = None


class WakeUps:
    """One per appliance. ``language_at``: the language at a phone, by its name."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        operations: Operations,
        extensions: Extensions,
        prompts: Prompts,
        language_at: Callable[[str], str],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._operations = operations
        self._extensions = extensions
        self._prompts = prompts
        self._language_at = language_at
        self._orders: dict[str, _Order] = {}
        bus.subscribe("wake-up calls", self.hear)

    def start(self) -> None:
        """Take up what was set before this start. One that is late is rung now, or, when it is too late, told as not answered."""
        for extension, services in list(self._extensions.memory.extensions.items()):
            if services.wake_up:
                self._order(extension, services.wake_up, services.wake_up_due_utc_ms)

    def hear(self, envelope: Envelope) -> None:
        """Somebody sets or ends one."""
        fact = envelope.fact
        if isinstance(fact, facts.WakeUpSet):
            self._forget(fact.extension)
            if fact.time:
                self._order(fact.extension, fact.time, fact.due_utc_ms)

    def _order(self, extension: str, time: str, due_ms: int) -> None:
        late_ms = self._clock.utc_ms() - due_ms
        order = self._orders[extension] = _Order(time)
        if late_ms > LATE_MOST_MS:
            self._over(extension, order, answered=False)
        else:
            order.timer = self._clock.call_later(min(max(0, -late_ms) / 1000, LONGEST_S), lambda: self._ring(extension, order))

    def _forget(self, extension: str) -> None:
        order = self._orders.pop(extension, None)
        if order is not None and order.timer is not None:
            order.timer.cancel()
        if order is not None and order.call is not None:
            order.call.post(c.End(DONE, "system"))

    # ---- ringing ---------------------------------------------------------------------------------------------------

    def _ring(self, extension: str, order: _Order) -> None:
        order.timer, order.tries = None, order.tries + 1
        phone = self._switch.phone_of_extension(extension)
        codes = self._extensions.routing.site.service_codes
        if phone is None:
            self.over(extension, order)
            return
        try:
            order.call = self._operations.originate(phone, _WakeUpCall(self, extension, order), extension)
        except (Refused, EnvironmentFault):
            self.over(extension, order)
            return
        order.timer = self._clock.call_later(codes.wake_up_ring_s, lambda: self._too_long(order))

    def _too_long(self, order: _Order) -> None:
        order.timer = None
        if order.call is not None:
            order.call.post(c.End(NOT_ANSWERED, "system"))

    def answered(self, extension: str, order: _Order, call: Call) -> None:
        """Tell the time, and end the call."""
        if order.timer is not None:
            order.timer.cancel()
        self._over(extension, order, answered=True)
        call.post(c.EndDelivery())  # no ringback: it is spoken to
        phone = self._switch.phones[call.phone]
        language = self._language_at(phone.name)
        audio = b"".join(self._prompts[language, name] for name in time_prompts(order.time, language))
        self._switch.bay.play(audio, [phone.station.port], ended=lambda _samples, _complete: call.post(c.End(DONE, "system")))

    def over(self, extension: str, order: _Order) -> None:
        """One try was in vain: another later, or it is given up."""
        if order.timer is not None:
            order.timer.cancel()
        order.timer = order.call = None
        if self._orders.get(extension) is not order:
            return
        codes = self._extensions.routing.site.service_codes
        if order.tries >= codes.wake_up_tries:
            self._over(extension, order, answered=False)
        else:
            order.timer = self._clock.call_later(codes.wake_up_pause_s, lambda: self._ring(extension, order))

    def _over(self, extension: str, order: _Order, *, answered: bool) -> None:
        self._orders.pop(extension, None)
        self._bus.publish(facts.WakeUpEnded(extension=extension, time=order.time, answered=answered, tries=order.tries))


class _WakeUpCall:
    """Looks after one ringing of a wake-up call. Implements ``engine.calls.register.DeliveringOwner``."""

    def __init__(self, wake_ups: WakeUps, extension: str, order: _Order) -> None:
        self._wake_ups = wake_ups
        self._extension = extension
        self._order = order
        self._reached = False

    def call_key(self, call: Call, key: str) -> None:
        """Keys have no use."""

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Told by ``call_reached``."""

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """Told by the end."""

    def call_reached(self, call: Call, device: str) -> None:
        """The handset is up."""
        self._reached = True
        self._wake_ups.answered(self._extension, self._order, call)

    def call_in_vain(self, call: Call, release: Release) -> None:
        """The phone cannot be rung."""
        call.post(c.End(release, "system"))

    def call_ended(self, call: Call) -> None:
        """It was answered, or was not."""
        if not self._reached:
            self._wake_ups.over(self._extension, self._order)
