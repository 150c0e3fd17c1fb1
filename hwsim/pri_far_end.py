"""An ISDN exchange at the far end of a simulated card's E1: libpri's other role on the D channel, speech on the B channels."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

from boards.dahdi.abi import BufferInfo
from boards.e1.pri import PriError
from boards.e1.pri_numbers import AMERICAN
from boards.e1.pri_values import (
    CallingNumber,
    NumberingPlan,
    PartyNumber,
    Presentation,
    PriSettings,
    RedirectingNumber,
    RedirectionReason,
    Role,
    SwitchType,
    TypeOfNumber,
)
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.e1_lines import E1Trunk, line_name
from hwsim.e1_calls import E1Call, Town
from hwsim.exchange_line import Party
from hwsim.exchange_span import ExchangeSpan
from hwsim.frame_buffers import FrameBuffers
from hwsim.pri_exchange import CalledPlan, CallingPlan, CallPhase, ExchangeCall, PriExchange
from hwsim.pri_manners import PriManners, PriMouth
from hwsim.signals import BLOCK
from hwsim.world import World

__all__ = ["PriFarEnd"]

FRAMES = BufferInfo(0, 0, 32, 1024)
CHECK_OCTETS = 2
FRAME_OCTETS = 1024
CAUSES = {"unallocated": 1, "busy": 17}
OCTETS_A_MS = 8
USUAL_RING_MS = 200
ANNOUNCED_LEAST_MS = 100
TIMERS_S: Mapping[str, float] = MappingProxyType({"T309": 90.0})
"""Its conversations outlive the D channel as long as may be: how long they do is for the appliance to decide."""
FLAG = b"\x7e"
PBX_USER_LISTENS_MS = 2500
"""The extension of a PBX dials when it has heard dial tone for so long."""


class PriFarEnd:
    """Implements ``E1FarEnd``."""

    def __init__(self, world: World, town: Town, span: ExchangeSpan, trunk: E1Trunk) -> None:
        self._world = world
        self._town = town
        self._span = span
        self._name = trunk.section.name
        self._behind_us = trunk.section.signalling == "isdn-network"
        role = Role.USER if self._behind_us else Role.NETWORK
        dialect = trunk.section.switch_type
        settings = PriSettings(
            role=role,
            switch_type=SwitchType(dialect),
            overlap_receiving=True,
            service_messages=dialect in AMERICAN,
            timers_s=TIMERS_S,
        )
        places = [line.place for line in trunk.lines]
        self._channels = len(places)
        self.exchange = PriExchange(lambda: world.now_ms * 1000, world.seed_for() % 2**32, self._plan_of, settings, places)
        self._frames = FrameBuffers(checked=True, seven_bits=False, signalling_units=False, raise_event=lambda _event: None)
        self._frames.configure(FRAMES)
        self._calls: dict[int, tuple[ExchangeCall, E1Call]] = {}
        """By the exchange's own reference."""
        self._cut = False
        self._mouth = PriMouth(lambda: world.now_ms, Random(world.seed_for()))  # noqa: S311  # simulated chance
        span.timeslots[trunk.d_place] = self._d_timeslot

    # ---- calls to the appliance ----

    @property
    def free(self) -> bool:
        return self.works and self.exchange.has_room

    @property
    def works(self) -> bool:
        return self.exchange.channel.is_up

    @property
    def channels(self) -> int:
        return self._channels

    @property
    def busy(self) -> int:
        return len(self.exchange.calls)

    def offer(
        self, party: Party, number: str, called: str, *, absence: str, by_digits: bool = False, diverted_from: str = ""
    ) -> E1Call | None:
        shown = {"private": Presentation.RESTRICTED, "unavailable": Presentation.NOT_AVAILABLE}.get(absence, Presentation.ALLOWED)
        calling = CallingNumber(number, TypeOfNumber.UNKNOWN, NumberingPlan.ISDN, shown)
        redirecting = RedirectingNumber(diverted_from, reason=RedirectionReason.NO_REPLY) if diverted_from else None
        try:
            begun = self.exchange.call(
                CallingPlan(
                    PartyNumber(called),
                    calling,
                    redirecting,
                    overlap=by_digits,
                    digits_at_once=0 if self._behind_us else 1,
                    dials_after_ms=PBX_USER_LISTENS_MS if self._behind_us else 0,
                )
            )
        except PriError:
            return None
        if begun is None:
            return None
        call = self._linked(begun)
        call.party = party
        return call

    def _linked(self, of_exchange: ExchangeCall) -> E1Call:
        call = E1Call(
            self._world,
            line_name(self._name, of_exchange.channel),
            of_exchange.channel,
            lambda: self.exchange.hang_up(of_exchange),
            lambda: self.exchange.answer(of_exchange),
        )
        self._calls[id(of_exchange)] = of_exchange, call
        self._span.timeslots[of_exchange.channel] = call.exchange
        return call

    # ---- calls of the appliance ----

    def _plan_of(self, digits: str) -> CalledPlan:
        trouble = self._town.trouble_of(digits)
        if trouble == "unallocated" and self._town.may_become(digits):
            return CalledPlan(digits=len(digits) + 1)
        reaction = self._town.reaction_of(digits)
        cause = CAUSES[trouble] if trouble else reaction.cause
        announced_ms = len(reaction.announcement) // OCTETS_A_MS
        return CalledPlan(
            cause=cause,
            early_audio=bool(announced_ms),
            ring_after_ms=announced_ms + ANNOUNCED_LEAST_MS if announced_ms else USUAL_RING_MS,
            answer_after_ms=None,
        )

    # ---- every 20 ms ----

    def run(self) -> None:
        if not self._cut:
            self._receive()
        self.exchange.run()
        for frame in self.exchange.frames_to_send():
            if not self._cut:
                self._mouth.say(frame)
        for frame in self._mouth.due():
            if self._frames.writable:
                self._frames.write(frame + bytes(CHECK_OCTETS))
        for of_exchange in list(self.exchange.calls.values()):
            self._look(of_exchange)
        for of_exchange, call in [linked for linked in self._calls.values() if linked[0].phase is CallPhase.OVER]:
            self._end(of_exchange, call)

    def _receive(self) -> None:
        while self._frames.readable:
            self.exchange.receive(self._frames.read(FRAME_OCTETS)[:-CHECK_OCTETS])

    def _look(self, of_exchange: ExchangeCall) -> None:
        linked = self._calls.get(id(of_exchange))
        call = linked[1] if linked is not None else None
        if call is not None and call.place != of_exchange.channel:
            self._move(call, of_exchange.channel)
        if not of_exchange.outgoing and not of_exchange.answered and of_exchange.phase is not CallPhase.OVER:
            call = self._sound(of_exchange, call)
        if call is None:
            return
        if of_exchange.phase is CallPhase.TALKING:
            call.connected()
        elif of_exchange.phase is CallPhase.CLEARING and not call.announcing:
            call.over()
        elif of_exchange.outgoing and of_exchange.heard_in_band:
            call.heard_early()

    def _move(self, call: E1Call, channel: int) -> None:
        if self._span.timeslots.get(call.place) == call.exchange:
            del self._span.timeslots[call.place]
        call.moved(line_name(self._name, channel), channel)
        self._span.timeslots[channel] = call.exchange

    def _sound(self, of_exchange: ExchangeCall, call: E1Call | None) -> E1Call | None:
        """What a caller at the appliance hears before the answer: an announcement of the called line, ringback, why the call fails."""
        match of_exchange.phase:
            case CallPhase.PROCEEDING if of_exchange.told_in_band and call is None:
                call = self._linked(of_exchange)
                call.announce(self._town.reaction_of(of_exchange.called).announcement)
            case CallPhase.RINGING if call is None or call.party is None:
                call = self._ring(of_exchange, call or self._linked(of_exchange))
            case CallPhase.CLEARING if call is None and self._mouth.manners.announcement and of_exchange.fails:
                call = self._linked(of_exchange)
                call.announce(self._mouth.manners.announcement, again=True)
        return call

    def _ring(self, of_exchange: ExchangeCall, call: E1Call) -> E1Call:
        trouble = self._town.trouble_of(of_exchange.called)
        if trouble:  # somebody else was quicker
            self.exchange.hang_up(of_exchange, CAUSES[trouble])
        else:
            call.sound("ringback")
            self._town.ring(of_exchange.called, call)
        return call

    def _end(self, of_exchange: ExchangeCall, call: E1Call) -> None:
        call.over()
        del self._calls[id(of_exchange)]
        if self._span.timeslots.get(of_exchange.channel) == call.exchange:
            del self._span.timeslots[of_exchange.channel]

    # ---- the D channel ----

    def behave(self, manners: PriManners) -> None:
        """Be so from now on. BadInput for what only R2 has."""
        if manners.metering_ms:
            raise BadInput(text("metering pulses are for trunks with R2"))
        self._mouth.manners = manners
        self.exchange.takes_callers = manners.takes_callers

    @property
    def manners(self) -> PriManners:
        """How it behaves."""
        return self._mouth.manners

    def cut_signalling(self, *, cut: bool) -> None:
        self._cut = cut
        self._mouth.forget()
        self._frames.configure(FRAMES)

    def _d_timeslot(self, heard: bytes) -> bytes:
        if self._cut:
            return FLAG * BLOCK
        self._frames.receive(heard)
        return self._frames.sent(BLOCK)
