"""The outgoing R2 register: sends the called number and whatever else the far end asks for.

Sources: ITU-T Q.441 (compelled signalling), Q.442 (pulses), Q.476 (how long a register waits); China No.1 by its table of meanings.

    Quiet ──start──▶ Sending ──backward on──▶ Heard ──backward off──▶ Sending … ──▶ Concluding ──backward off──▶ Quiet
                       ▲                       │ ▲
                       └───────────────────────┘ └─ pulse ── Waiting (nothing left to send)

Each cycle is compelled: our signal stands until the far end's is recognised, then stops; the far end's stops, and what it said is done. When
the number is at its end and the country has no signal for that, silence follows, and the far end goes on with a pulse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from boards.e1.r2_code import Group, RegisterCode, Request
from boards.e1.r2_words import BackwardGone, BackwardHeard, Outcome
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "BACKWARD_STAYS",
    "FORWARD_ON",
    "SILENCE",
    "Concluded",
    "Concluding",
    "Failed",
    "Heard",
    "LineAnswered",
    "Order",
    "Place",
    "Quiet",
    "Sending",
    "StartSending",
    "StopRegister",
    "Through",
    "Transmit",
    "Waiting",
    "outgoing_table",
]

FORWARD_ON = Timer("r2_forward_on", 15.0, 12.0, 18.0, "Q.476: 15 ±3 s", "the far end answers a signal of ours within this time")
BACKWARD_STAYS = Timer("r2_backward_stays", 15.0, 12.0, 18.0, "Q.476", "the far end ends its signal after we have ended ours")
SILENCE = Timer("r2_silence", 24.0, 24.0, 60.0, "Q.476: 24 s at least", "with nothing left to send, the far end goes on within this time")

CYCLES_MOST = 200
"""Twice both numbers, categories and ends, and some: a far end that asks more asks for ever."""

# ---- what is to be sent ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What the register has to say: signals 1…15; no ``caller``: it is not known, or withheld."""

    called: tuple[int, ...]
    caller: tuple[int, ...]
    category: int
    caller_class: int


@dataclass(frozen=True)
class Place:
    """How far it is: ``called`` and ``caller`` are the places of the digits sent last, −1: none yet; ``cycles``: answers had."""

    order: Order
    group: Group = Group.A
    called: int = -1
    caller: int = -1
    cycles: int = 0


# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quiet:
    """The register is not at work."""


@dataclass(frozen=True)
class Sending:
    """Our signal is on; the far end has not answered it."""

    place: Place


@dataclass(frozen=True)
class Heard:
    """The far end's signal is on, and ours is off: ``request`` is done when it ends."""

    place: Place
    request: Request


@dataclass(frozen=True)
class Waiting:
    """Nothing is left to be sent; the far end goes on with a pulse."""

    place: Place


@dataclass(frozen=True)
class Concluding:
    """The far end has said what becomes of the call; its signal is still on."""

    outcome: Outcome


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartSending:
    """The far end listens."""

    order: Order


@dataclass(frozen=True)
class StopRegister:
    """The call is over, or answered: be quiet."""


@dataclass(frozen=True)
class LineAnswered:
    """The called party answers: whatever the registers were at, it is over."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transmit:
    """Send this signal from now on; None: silence."""

    signal: int | None


@dataclass(frozen=True)
class Concluded:
    """Register signalling is over."""

    outcome: Outcome


@dataclass(frozen=True)
class Through:
    """The answer, after what the register still had to say."""


@dataclass(frozen=True)
class Failed:
    """It broke off; ``reason``: ``register_time_out``, ``unknown_signal``, ``endless``."""

    reason: str


# ---- rows ------------------------------------------------------------------------------------------------------------

MOVES = {Request.NEXT: 1, Request.BACK_1: -1, Request.BACK_2: -2, Request.BACK_3: -3}
"""How far the place of the called digit moves from the one sent last, n."""


@dataclass(frozen=True)
class OutgoingRows:
    """The rows for one country's signals."""

    code: RegisterCode

    def start(self, _state: Quiet, event: StartSending) -> Step[object]:
        """The first digit."""
        return self._next_called(Place(event.order), 0)

    def heard(self, state: Sending | Waiting, event: BackwardHeard) -> Step[object]:
        """The far end answers: our signal ends; what is asked follows when its signal ends."""
        meaning = self.code.meaning(state.place.group, event.signal)
        if meaning is None:
            return Step(Quiet(), (Transmit(None), Failed("unknown_signal")))
        if isinstance(meaning, Outcome):
            return Step(Concluding(meaning), (Transmit(None), Start(BACKWARD_STAYS)))
        if state.place.cycles == CYCLES_MOST:
            return Step(Quiet(), (Transmit(None), Failed("endless")))
        place = replace(state.place, cycles=state.place.cycles + 1)
        return Step(Heard(place, meaning), (Transmit(None), Start(BACKWARD_STAYS)))

    def gone(self, state: Heard, _event: BackwardGone) -> Step[object]:
        """Do what it asked."""
        place = replace(state.place, group=self.code.after_request(state.place.group, state.request))
        match state.request:
            case Request.CATEGORY:
                category = place.order.category
                return self._send(replace(place, group=self.code.group_b(category)), category)
            case Request.CALLER_CLASS:
                return self._send(replace(place, caller=-1), place.order.caller_class)
            case Request.NEXT_CALLER:
                return self._next_caller(replace(place, caller=place.caller + 1))
            case Request.FROM_FIRST:
                return self._next_called(place, 0)
            case _:
                return self._next_called(place, max(0, place.called + MOVES[state.request]))

    def concluded(self, state: Concluding, _event: BackwardGone | Expired) -> Step[object]:
        """The last cycle is over."""
        return Step(Quiet(), (Concluded(state.outcome),))

    def timed_out(self, _state: object, _event: Expired) -> Step[object]:
        """The far end does not go on."""
        return Step(Quiet(), (Transmit(None), Failed("register_time_out")))

    def stop(self, _state: object, _event: StopRegister) -> Step[object]:
        """Be quiet."""
        return Step(Quiet(), (Transmit(None),))

    def answered_in_time(self, state: Concluding, _event: LineAnswered) -> Step[object]:
        """The answer was faster than the end of the last signal."""
        return Step(Quiet(), (Concluded(state.outcome), Through()) if state.outcome.free else (Through(),))

    def answered_early(self, _state: object, _event: LineAnswered) -> Step[object]:
        """Answered in the middle: be quiet, they speak."""
        return Step(Quiet(), (Transmit(None), Through()))

    def answered(self, state: Quiet, _event: LineAnswered) -> Step[object]:
        """As it should be."""
        return Step(state, (Through(),))

    def _send(self, place: Place, signal: int) -> Step[object]:
        return Step(Sending(place), (Transmit(signal), Start(FORWARD_ON)))

    def _next_called(self, place: Place, called: int) -> Step[object]:
        digits, place = place.order.called, replace(place, called=called)
        if called < len(digits):
            return self._send(place, digits[called])
        if called == len(digits) and self.code.number_end is not None:
            return self._send(place, self.code.number_end)
        return Step(Waiting(replace(place, called=len(digits))), (Start(SILENCE),))

    def _next_caller(self, place: Place) -> Step[object]:
        digits = place.order.caller
        if place.caller < len(digits):
            return self._send(place, digits[place.caller])
        ending = self.code.caller_end
        if not digits and self.code.caller_withheld is not None:
            ending = self.code.caller_withheld
        return self._send(replace(place, group=self.code.after_caller(), caller=len(digits)), ending)


# ---- table -----------------------------------------------------------------------------------------------------------

CROSSED = "the call ended at the same moment"


def outgoing_table(code: RegisterCode) -> Table:
    """The outgoing register of a country."""
    rows = OutgoingRows(code)
    working = (Sending, Heard, Waiting, Concluding)
    return Table(
        "R2 outgoing register",
        Quiet(),
        rows={
            (Quiet, StartSending): rows.start,
            (Sending, BackwardHeard): rows.heard,
            (Waiting, BackwardHeard): rows.heard,
            (Heard, BackwardGone): rows.gone,
            (Concluding, BackwardGone): rows.concluded,
            (Sending, FORWARD_ON): rows.timed_out,
            (Waiting, SILENCE): rows.timed_out,
            (Heard, BACKWARD_STAYS): rows.timed_out,
            (Concluding, BACKWARD_STAYS): rows.concluded,
            (Quiet, LineAnswered): rows.answered,
            (Concluding, LineAnswered): rows.answered_in_time,
            **{(state, LineAnswered): rows.answered_early for state in (Sending, Heard, Waiting)},
            **{(state, StopRegister): rows.stop for state in working},
        },
        ignored={
            (Quiet, StopRegister): "it is quiet",
            (Quiet, BackwardHeard): CROSSED,
            (Quiet, BackwardGone): CROSSED,
        },
        timers={Sending: (FORWARD_ON,), Heard: (BACKWARD_STAYS,), Waiting: (SILENCE,), Concluding: (BACKWARD_STAYS,)},
    )
