"""The called number of an incoming call on a circuit without registers: keys, pulses, or none.

Sources: ITU-T Q.23 and Q.24 (keys), E.161; pulses as on subscribers' lines (GB/T 15279: 10 a second, 1.6:1, pauses between digits of 0.5 s at
least), here as breaks of the seizure, so that a long one is the end of the call.

    Resting ──start──▶ Waiting ──key──▶ Collecting ──key──▶ Collecting … ──complete──▶ Offering ──say──▶ Resting
                          │              │  ▲   └─ no more digits ─▶ Deciding ─────────────▲
                          │              │  └─ no break for 0.25 s: a digit ── Counting ◀─seized── Broken ──too long──▶ Resting: clear forward
                          ├──── idle ────┴──────────────────────────────────────────────────────────▶
                          └─ where nothing is sent, soon ──────────────────────────────▶ Offering

The dial plan is asked after each digit, and once more when no further one comes.
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.e1.cas_words import ADDRESS, DIGITS_MOST, PULSES_MOST, AddressBy, PassOn, PulseSeen
from boards.e1.r2_incoming_words import REFUSED, AskPlan, CallReady, Resting, Say, Sheet, StartReceiving
from boards.e1.r2_line_rules import Pair
from boards.e1.r2_outgoing import Concluded, Failed, StopRegister
from boards.e1.r2_words import KeyHeard, Outcome, PlanSays, Verdict
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "BREAK_MOST",
    "DIGIT_END",
    "FIRST_DIGIT",
    "NEXT_DIGIT",
    "Broken",
    "Collecting",
    "Counting",
    "Deciding",
    "Offering",
    "Waiting",
    "cas_incoming_table",
]

FIRST_DIGIT = Timer("cas_first_digit", 10.0, 1.0, 30.0, "E.180: 10 to 20 s of dial tone", "the far end begins with the number")
ACKNOWLEDGED = Timer(
    "cas_acknowledged", 0.2, 0.1, 1.0, "Q.422: bits stand for 20 ms, and take 15", "how long an acknowledgement is sent at least"
)
NEXT_DIGIT = Timer("cas_next_digit", 4.0, 1.0, 14.0, "national: 3 to 6 s", "with no further digit for so long, the number is complete")
BREAK_MOST = Timer("cas_break_most", 0.15, 0.08, 0.3, "above a break of 60 ms, and a slow dial's", "idle for longer is the end of the call")
DIGIT_END = Timer("cas_digit_end", 0.25, 0.15, 0.4, "below the pause of 0.5 s", "seized for so long, the digit is complete")
PLAN_WAIT = Timer("cas_plan_wait", 5.0, 0.1, 10.0, "below the far end's patience", "the dial plan says whether the number is complete")
OFFER_WAIT = Timer("cas_offer_wait", 5.0, 0.1, 10.0, "below the far end's patience", "the call is accepted or refused within this time")
END_KEY = "#"

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """The number has not begun."""

    called = ""


@dataclass(frozen=True)
class Collecting:
    """So much of the number has come."""

    called: str


@dataclass(frozen=True)
class Deciding:
    """No more digits come: the dial plan says whether so many make a number."""

    called: str


@dataclass(frozen=True)
class Broken:
    """By pulses: the seizure is broken; so many breaks of this digit ended before."""

    called: str
    pulses: int = 0


@dataclass(frozen=True)
class Counting:
    """By pulses: seized again; so many breaks of this digit so far."""

    called: str
    pulses: int


@dataclass(frozen=True)
class Offering:
    """The number is complete; somebody has to accept or refuse."""


# ---- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddressRows:
    """The rows for one way of telling the number."""

    by: AddressBy

    def start(self, _state: Resting, _event: StartReceiving) -> Step[object]:
        """Wait for the number; where none is sent, until the far end has surely seen the acknowledgement: an answer may follow at once."""
        if self.by is AddressBy.NOTHING:
            return Step(Waiting(), (Start(ACKNOWLEDGED),))
        return Step(Waiting(), (Start(FIRST_DIGIT),))

    def no_number(self, _state: Waiting, _event: Expired) -> Step[object]:
        """None is sent: the call is there."""
        return self._complete("")

    def key(self, state: Waiting | Collecting, event: KeyHeard) -> Step[object]:
        """A key: a digit of the number, or its end."""
        if self.by is not AddressBy.KEYS:
            return Step(state)
        if event.key == END_KEY and state.called:
            return self._decide(state.called)
        return self._digit(state.called, event.key) if event.key in ADDRESS[:PULSES_MOST] else Step(state)

    def idle_or_seized(self, state: Waiting | Collecting | Counting, event: PulseSeen) -> Step[object]:
        """A break begins, or the far end ends the call: its length tells."""
        if event.pair is Pair.SEIZED:
            return Step(state)
        return Step(Broken(state.called, state.pulses if isinstance(state, Counting) else 0), (Start(BREAK_MOST),))

    def break_over(self, state: Broken, event: PulseSeen) -> Step[object]:
        """It was a pulse."""
        if event.pair is Pair.IDLE:
            return Step(state)
        return Step(Counting(state.called, state.pulses + 1), (Start(DIGIT_END),))

    def no_pulse(self, _state: Broken, _event: Expired) -> Step[object]:
        """The far end has hung up."""
        return Step(Resting(), (PassOn(Pair.IDLE),))

    def digit_over(self, state: Counting, _event: Expired) -> Step[object]:
        """No further break: so many make the digit."""
        if state.pulses > PULSES_MOST:
            return Step(Resting(), (Failed("wrong_pulses"),))
        return self._digit(state.called, ADDRESS[state.pulses - 1])

    def plan_says(self, state: Collecting, event: PlanSays) -> Step[object]:
        """Go on as the dial plan says."""
        if event.verdict is Verdict.MORE:
            return Step(state)
        return self._verdict(state.called, event.verdict)

    def no_more(self, state: Collecting, _event: Expired) -> Step[object]:
        """No further digit comes: the number may be whole."""
        return self._decide(state.called)

    def decided(self, state: Deciding, event: PlanSays) -> Step[object]:
        """A number that needs more digits is nobody's."""
        return self._verdict(state.called, Verdict.UNALLOCATED if event.verdict is Verdict.MORE else event.verdict)

    def plan_silent(self, _state: Deciding, _event: Expired) -> Step[object]:
        """The dial plan does not say."""
        return Step(Resting(), (Concluded(Outcome.CONGESTED),))

    def nothing(self, _state: Waiting, _event: Expired) -> Step[object]:
        """The number does not begin."""
        return Step(Resting(), (Failed("no_digits"),))

    def say(self, _state: Offering, event: Say) -> Step[object]:
        """What becomes of the call; a refusal shows as clear back."""
        return Step(Resting(), (Concluded(event.outcome),))

    def nobody_said(self, _state: Offering, _event: Expired) -> Step[object]:
        """Nobody accepted or refused in time."""
        return Step(Resting(), (Concluded(Outcome.CONGESTED),))

    def stop(self, _state: object, _event: StopRegister) -> Step[object]:
        """The call is over."""
        return Step(Resting())

    def _digit(self, called: str, digit: str) -> Step[object]:
        called += digit
        if len(called) == DIGITS_MOST:
            return self._decide(called)
        return Step(Collecting(called), (AskPlan(called, ended=False), Start(NEXT_DIGIT)))

    def _decide(self, called: str) -> Step[object]:
        return Step(Deciding(called), (AskPlan(called, ended=True), Start(PLAN_WAIT)))

    def _verdict(self, called: str, verdict: Verdict) -> Step[object]:
        refused = REFUSED.get(verdict)
        return self._complete(called) if refused is None else Step(Resting(), (Concluded(refused),))

    def _complete(self, called: str) -> Step[object]:
        return Step(Offering(), (CallReady(Sheet(called=called, complete=True)), Start(OFFER_WAIT)))


# ---- table -----------------------------------------------------------------------------------------------------------

CROSSED = "the call ended, or was decided, at the same moment"
NO_KEYS = "the number comes by pulses, or is whole"
NO_PULSES = "the number is whole: bits are line signals again"


def cas_incoming_table(by: AddressBy) -> Table:
    """The machine that takes called numbers told in this way."""
    rows = AddressRows(by)
    working = (Waiting, Collecting, Deciding, Broken, Counting, Offering)
    return Table(
        "CAS incoming address",
        Resting(),
        rows={
            (Resting, StartReceiving): rows.start,
            (Waiting, KeyHeard): rows.key,
            (Collecting, KeyHeard): rows.key,
            (Waiting, PulseSeen): rows.idle_or_seized,
            (Collecting, PulseSeen): rows.idle_or_seized,
            (Counting, PulseSeen): rows.idle_or_seized,
            (Broken, PulseSeen): rows.break_over,
            (Broken, BREAK_MOST): rows.no_pulse,
            (Counting, DIGIT_END): rows.digit_over,
            (Collecting, PlanSays): rows.plan_says,
            (Collecting, NEXT_DIGIT): rows.no_more,
            (Waiting, FIRST_DIGIT): rows.nothing,
            (Waiting, ACKNOWLEDGED): rows.no_number,
            (Deciding, PlanSays): rows.decided,
            (Deciding, PLAN_WAIT): rows.plan_silent,
            (Offering, Say): rows.say,
            (Offering, OFFER_WAIT): rows.nobody_said,
            **{(state, StopRegister): rows.stop for state in working},
        },
        ignored={
            (Resting, StopRegister): "it rests",
            **{(state, PlanSays): CROSSED for state in (Resting, Waiting, Broken, Counting, Offering)},
            **{(state, Say): CROSSED for state in (Resting, Waiting, Collecting, Deciding, Broken, Counting)},
            **{(state, KeyHeard): NO_KEYS for state in (Resting, Deciding, Broken, Counting, Offering)},
            **{(state, PulseSeen): NO_PULSES for state in (Resting, Deciding, Offering)},
        },
        timers={
            Waiting: (FIRST_DIGIT, ACKNOWLEDGED),
            Collecting: (NEXT_DIGIT,),
            Deciding: (PLAN_WAIT,),
            Broken: (BREAK_MOST,),
            Counting: (DIGIT_END,),
            Offering: (OFFER_WAIT,),
        },
    )
