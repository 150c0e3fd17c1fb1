"""The far end of an ISDN primary rate interface: a public exchange, the network side of the same library that the appliance uses.

It has subscribers whose lines react by plan, and calls of its own towards the appliance. Frames go in and out without check sequence; it shares
no memory with the side that it talks to. Time is a clock in microseconds that somebody else moves: ``run`` does what is due.

Its manners are those of an exchange: it gives channels from the low end, moves a call that meets one of its own on the same channel to a free one
unless the other side insists, tries another channel when one is refused, and restarts what it is asked to. What speech the channels carry is not modelled here.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import count

from boards.e1 import pri_events as e
from boards.e1.pri import CallOver, CommandRefused, DChannel
from boards.e1.pri_values import CallingNumber, PartyNumber, PriSettings, RedirectingNumber, Role, ServiceStatus, SetupRequest

__all__ = ["CallPhase", "CalledPlan", "CallingPlan", "ExchangeCall", "PriExchange", "every_timeslot"]

NORMAL, REJECTED, BUSY_CHANNELS, CHANNEL_TAKEN, INCOMPLETE = 16, 21, 34, 44, 28
FINISHED_MOST = 10_000
NEVER_US = 1 << 62
CHANNEL_CAUSES = frozenset({6, CHANNEL_TAKEN, 82})
REFUSED_FOR_US = 30_000_000


def every_timeslot() -> tuple[int, ...]:
    """The channels of an E1 with its D channel on 16."""
    return (*range(1, 16), *range(17, 32))


@dataclass(frozen=True)
class CalledPlan:
    """How a subscriber's line reacts to a call. Times in ms from the whole number on, but the last from the answer on.

    ``cause``: the call fails so, at the time of ringing; ``early_audio``: something is heard before the ringing. ``ring_in_band``: the exchange sounds ringback, and says that. ``digits``: how
    long the number is; shorter ones are asked for more.
    """

    cause: int | None = None
    proceed_after_ms: int = 20
    early_audio: bool = False
    ring_in_band: bool = True
    ring_after_ms: int = 200
    answer_after_ms: int | None = 3000
    hang_up_after_ms: int | None = None
    digits: int = 0


@dataclass(frozen=True)
class CallingPlan:
    """A call that a subscriber makes to the appliance. ``gives_up_after_ms`` from the set-up on, ``talks_ms`` from the answer on. ``redirecting``: from
    where the call was diverted.

    ``overlap``: digits go one by one, ``digit_every_ms``, after the first ``digits_at_once`` of them in the SETUP and ``dials_after_ms`` from when they
    are asked for.
    """

    called: PartyNumber
    calling: CallingNumber | None = None
    redirecting: RedirectingNumber | None = None
    gives_up_after_ms: int | None = None
    talks_ms: int | None = None
    overlap: bool = False
    digits_at_once: int = 1
    dials_after_ms: int = 0
    digit_every_ms: int = 100
    exclusive: bool = True
    channel: int | None = None


class CallPhase(StrEnum):
    """How far a call has come."""

    DIALLING = "dialling"
    PROCEEDING = "proceeding"
    RINGING = "ringing"
    TALKING = "talking"
    CLEARING = "clearing"
    OVER = "over"


@dataclass
class ExchangeCall:
    """One call through this interface, as the exchange has it. ``outgoing``: towards the appliance. ``told_in_band``: we said that something is heard
    before the bell rings; ``fails``: the network ends it with a cause of its own. ``redirecting``: of a call that the appliance led on.
    """

    ref: e.CallRef
    channel: int
    outgoing: bool
    called: str
    calling: str
    plan: CalledPlan | CallingPlan
    phase: CallPhase = CallPhase.DIALLING
    cause: int | None = None
    answered: bool = False
    heard_in_band: bool = False
    told_in_band: bool = False
    fails: bool = False
    redirecting: RedirectingNumber | None = None


@dataclass(order=True)
class _Due:
    at_us: int
    order: int
    call: ExchangeCall = field(compare=False)
    act: Callable[[ExchangeCall], None] = field(compare=False)


class PriExchange:
    """The exchange's end of one interface. ``plan_of``: the reaction of the subscriber with these digits."""

    def __init__(
        self,
        clock: Callable[[], int],
        seed: int,
        plan_of: Callable[[str], CalledPlan],
        settings: PriSettings | None = None,
        channels: Iterable[int] = every_timeslot(),
    ) -> None:
        self.channel = DChannel(settings or PriSettings(role=Role.NETWORK, overlap_receiving=True), clock, seed)
        self.calls: dict[e.CallRef, ExchangeCall] = {}
        self.finished: deque[ExchangeCall] = deque(maxlen=FINISHED_MOST)
        self.unexpected = 0
        self.blocked: set[int] = set()
        """Channels that the appliance has taken out of service by a maintenance message."""
        self.takes_callers = ""
        """Callers' numbers of the appliance must begin so, as the range that was assigned to it does; others are rejected. Empty: any."""
        self._refused_until_us: dict[int, int] = {}
        """Channels that it has refused: others are tried before."""
        self._clock = clock
        self._plan_of = plan_of
        self._channels = tuple(channels)
        self._due: list[_Due] = []
        self._order = count()

    # ---- frames and time -----------------------------------------------------------------------------------------------

    def receive(self, frame: bytes) -> None:
        """A frame from the appliance."""
        self.channel.receive(frame)

    def frames_to_send(self) -> Iterator[bytes]:
        """Frames towards the appliance."""
        return self.channel.frames_to_send()

    def run(self) -> None:
        """Do everything that is due."""
        while event := self.channel.advance():
            self._happened(event)
        while self._due and self._due[0].at_us <= self._clock():
            due = heapq.heappop(self._due)
            if due.call.phase is not CallPhase.OVER:
                self._polite(due.call, due.act)
        while event := self.channel.advance():
            self._happened(event)

    def next_timeout_us(self) -> int | None:
        """When ``run`` is wanted next; None for never."""
        own = self._due[0].at_us if self._due else NEVER_US
        libpri = self.channel.next_timeout_us()
        first = min(own, NEVER_US if libpri is None else libpri)
        return None if first == NEVER_US else first

    def close(self) -> None:
        """Give its memory back."""
        self.channel.close()

    # ---- what subscribers do -------------------------------------------------------------------------------------------

    def call(self, plan: CallingPlan) -> ExchangeCall | None:
        """A subscriber calls the appliance; None when every channel is taken. Raises DChannelIsDown."""
        channel = plan.channel or self._free_channel()
        if channel is None:
            return None
        digits = plan.called.digits
        ref = self.channel.set_up(self._request(plan, channel))
        call = ExchangeCall(ref, channel, True, digits, plan.calling.digits if plan.calling else "", plan)  # outgoing
        self.calls[ref] = call
        if plan.gives_up_after_ms is not None:
            self._later(plan.gives_up_after_ms, call, self._give_up)
        return call

    def _request(self, plan: CallingPlan, channel: int) -> SetupRequest:
        digits = plan.called.digits[: plan.digits_at_once] if plan.overlap else plan.called.digits
        first = PartyNumber(digits, plan.called.type_of_number, plan.called.plan)
        return SetupRequest(channel, first, plan.calling, plan.redirecting, exclusive=plan.exclusive, complete=not plan.overlap)

    def answer(self, call: ExchangeCall) -> None:
        """The subscriber who is rung lifts the handset; does nothing when nothing rings any more."""
        if call.phase is CallPhase.RINGING and not call.outgoing:
            self._polite(call, self._subscriber_answers)

    @property
    def has_room(self) -> bool:
        """A channel is free."""
        return self._free_channel() is not None

    def hang_up(self, call: ExchangeCall, cause: int = NORMAL) -> None:
        """A subscriber, or the network, ends a call. One that is over stays over."""
        if call.phase not in {CallPhase.CLEARING, CallPhase.OVER}:
            call.phase = CallPhase.CLEARING
            self._polite(call, lambda this: self.channel.hang_up(this.ref, cause))

    def _give_up(self, call: ExchangeCall) -> None:
        if not call.answered:
            self.hang_up(call)

    # ---- what happens --------------------------------------------------------------------------------------------------

    def _happened(self, event: e.Event) -> None:
        if isinstance(event, e.Offered):
            self._offered(event)
            return
        if isinstance(event, e.ServiceChanged):
            served = event.status is ServiceStatus.IN_SERVICE
            changed = {event.channel} if event.channel is not None else set(self._channels)
            self.blocked = self.blocked - changed if served else self.blocked | changed
        call = self.calls.get(event.call) if isinstance(event, e.CallEvent) else None
        if call is None:
            if isinstance(event, e.Restarted):
                self._restarted(event.channel)
            return
        if isinstance(event, e.Released):
            self._over(call, event.cause)
        else:
            self._polite(call, lambda this: self._of_call(this, event))

    def _of_call(self, call: ExchangeCall, event: e.Event) -> None:
        match event:
            case e.Disconnecting(cause=cause):
                call.phase, call.cause = CallPhase.CLEARING, cause
                self.channel.hang_up(call.ref, cause)
            case e.MoreDigits(digits=digits, complete=complete):
                call.called += digits
                self._dialled(call, complete=complete)
            case e.SetupAcknowledged(channel=channel):
                call.channel = channel or call.channel
                call.heard_in_band |= bool(event.progress)
                self._send_digits(call)
            case e.Proceeding(channel=channel):
                call.phase, call.channel = CallPhase.PROCEEDING, channel or call.channel
            case e.Progress() | e.Alerting():
                call.heard_in_band |= bool(event.progress)
                call.cause = event.cause if isinstance(event, e.Progress) and event.cause is not None else call.cause
                call.phase = CallPhase.RINGING if isinstance(event, e.Alerting) else call.phase
            case e.Answered():
                self._answered(call, call.plan.talks_ms if isinstance(call.plan, CallingPlan) else None)
            case e.HoldWanted():
                self.channel.reject_hold(call.ref, 69)
            case _:
                pass

    def _polite(self, call: ExchangeCall, act: Callable[[ExchangeCall], None]) -> None:
        """Do something with a call that may just have ended: the other side was quicker."""
        try:
            act(call)
        except (CallOver, CommandRefused):
            self.unexpected += 1

    def _over(self, call: ExchangeCall, cause: int | None) -> None:
        if self._goes_on(call, cause):
            return
        call.phase = CallPhase.OVER
        call.cause = cause if call.cause is None else call.cause
        del self.calls[call.ref]
        self.finished.append(call)

    def _goes_on(self, call: ExchangeCall, cause: int | None) -> bool:
        """A call that was refused its channel is tried on another one, unless somebody has chosen that channel for it."""
        plan = call.plan
        if cause not in CHANNEL_CAUSES or not isinstance(plan, CallingPlan) or call.phase is not CallPhase.DIALLING:
            return False
        self._refused_until_us[call.channel] = self._clock() + REFUSED_FOR_US
        channel = self._free_channel()
        if plan.channel is not None or channel is None or not self.channel.is_up:
            return False
        del self.calls[call.ref]
        call.ref, call.channel = self.channel.set_up(self._request(plan, channel)), channel
        self.calls[call.ref] = call
        return True

    def _restarted(self, channel: int | None) -> None:
        for refused in [refused for refused in self._refused_until_us if channel in {None, refused}]:
            del self._refused_until_us[refused]
        for call in [call for call in self.calls.values() if channel in {None, call.channel}]:
            self.hang_up(call, 41)

    # ---- calls from the appliance --------------------------------------------------------------------------------------

    def _offered(self, event: e.Offered) -> None:
        channel = self._channel_for(event)
        if channel is None:
            self.channel.hang_up(event.call, CHANNEL_TAKEN if event.exclusive else BUSY_CHANNELS)
            return
        calling = event.calling.digits if event.calling else ""
        if not calling.startswith(self.takes_callers):
            self.channel.hang_up(event.call, REJECTED, channel)
            return
        called = event.called.digits
        call = ExchangeCall(event.call, channel, False, called, calling, self._plan_of(called))  # not outgoing
        call.redirecting = event.redirecting
        self.calls[event.call] = call
        self._dialled(call, complete=event.complete)

    def _channel_for(self, event: e.Offered) -> int | None:
        taken = {call.channel for call in self.calls.values()}
        if event.channel in self._channels and event.channel not in taken:
            return event.channel
        return None if event.exclusive else self._free_channel()

    def _free_channel(self) -> int | None:
        now_us = self._clock()
        refused = {channel for channel, until_us in self._refused_until_us.items() if now_us < until_us}
        taken = {call.channel for call in self.calls.values()} | self.blocked | refused
        return next((channel for channel in self._channels if channel not in taken), None)

    def _dialled(self, call: ExchangeCall, *, complete: bool) -> None:
        plan = call.plan = self._plan_of(call.called)
        if len(call.called) < plan.digits:
            if complete:
                self.channel.hang_up(call.ref, INCOMPLETE, call.channel)
            elif call.phase is CallPhase.DIALLING and not call.heard_in_band:
                call.heard_in_band = True  # the dial tone, asked for once
                self.channel.acknowledge_setup(call.ref, call.channel, dial_tone=not call.called)
            return
        if call.phase is not CallPhase.DIALLING:
            return
        call.phase = CallPhase.PROCEEDING
        self._later(plan.proceed_after_ms, call, lambda this: self.channel.proceed(this.ref, this.channel))
        if plan.early_audio:
            self._later(min(2 * plan.proceed_after_ms, plan.ring_after_ms), call, self._say_in_band)
        self._later(plan.ring_after_ms, call, self._ring)

    def _say_in_band(self, call: ExchangeCall) -> None:
        self.channel.progress(call.ref)
        call.told_in_band = True

    def _ring(self, call: ExchangeCall) -> None:
        plan = call.plan
        if not isinstance(plan, CalledPlan):
            return
        if plan.cause is not None:
            call.fails = True
            self.hang_up(call, plan.cause)
            return
        call.phase = CallPhase.RINGING
        self.channel.alert(call.ref, in_band=plan.ring_in_band)
        if plan.answer_after_ms is not None:
            self._later(plan.answer_after_ms, call, self._subscriber_answers)

    def _subscriber_answers(self, call: ExchangeCall) -> None:
        if call.phase is CallPhase.RINGING and isinstance(call.plan, CalledPlan):
            self.channel.answer(call.ref)
            self._answered(call, call.plan.hang_up_after_ms)

    def _answered(self, call: ExchangeCall, until_ms: int | None) -> None:
        call.phase, call.answered = CallPhase.TALKING, True
        if until_ms is not None:
            self._later(until_ms, call, self.hang_up)

    # ---- calls to the appliance ----------------------------------------------------------------------------------------

    def _send_digits(self, call: ExchangeCall) -> None:
        if not isinstance(call.plan, CallingPlan):
            return
        for place, digit in enumerate(call.called[call.plan.digits_at_once :]):
            self._later(call.plan.dials_after_ms + place * call.plan.digit_every_ms, call, partial(self._send_digit, digit))

    def _send_digit(self, digit: str, call: ExchangeCall) -> None:
        if call.phase is CallPhase.DIALLING:
            self.channel.more_digits(call.ref, digit)

    def _later(self, delay_ms: int, call: ExchangeCall, act: Callable[[ExchangeCall], None]) -> None:
        heapq.heappush(self._due, _Due(self._clock() + delay_ms * 1000, next(self._order), call, act))
