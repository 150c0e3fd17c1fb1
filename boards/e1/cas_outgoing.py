"""The called number of an outgoing call on a circuit without registers: keys, pulses, or none.

Sources: ITU-T Q.23 (keys); GB/T 15279 for pulses (10 a second, breaks of 60 ms), here as breaks of the seizure.

    Quiet ──start──▶ Pausing ──▶ Sounding ──keys out──▶ Quiet
      │                 └──────▶ Breaking ⇄ Making ──last digit──▶ Quiet
      └─ where nothing is sent: through at once

The far end tells nothing of the number: what becomes of it is heard.
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.e1.cas_words import AddressBy, LineBreak, SendAddress, address_of
from boards.e1.r2_outgoing import Concluded, Failed, LineAnswered, Quiet, StartSending, StopRegister, Through
from boards.e1.r2_words import KeysSent, Outcome
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = ["BETWEEN_DIGITS", "BREAK", "MAKE", "START_PAUSE", "Breaking", "Making", "Pausing", "Sounding", "cas_outgoing_table"]

START_PAUSE = Timer("cas_start_pause", 0.5, 0.1, 3.0, "national: 0.2 to 1 s", "from the acknowledgement to the first digit")
SOUNDING_MOST = Timer("cas_sounding_most", 20.0, 5.0, 60.0, "20 digits of 160 ms, and some", "the keys are out within this time")
BREAK = Timer("cas_break", 0.06, 0.05, 0.07, "GB/T 15279: 1.6:1 at 10 a second", "a break of the seizure")
MAKE = Timer("cas_make", 0.04, 0.03, 0.05, "GB/T 15279: 1.6:1 at 10 a second", "the seizure between two breaks")
BETWEEN_DIGITS = Timer("cas_between_digits", 0.8, 0.5, 1.5, "GB/T 15279: 0.5 s at least", "the seizure between two digits")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pausing:
    """The far end gets ready for these address signals."""

    signals: tuple[int, ...]


@dataclass(frozen=True)
class Sounding:
    """Keys sound."""


@dataclass(frozen=True)
class Breaking:
    """The seizure is broken; ``pulses`` breaks of the first signal are left, this one among them."""

    signals: tuple[int, ...]
    pulses: int


@dataclass(frozen=True)
class Making:
    """The seizure stands; ``pulses`` breaks of the first signal are left."""

    signals: tuple[int, ...]
    pulses: int


# ---- rows ------------------------------------------------------------------------------------------------------------

THROUGH = Concluded(Outcome.FREE)


@dataclass(frozen=True)
class AddressRows:
    """The rows for one way of telling the number; where nothing is sent, orders are empty."""

    by: AddressBy

    def start(self, _state: Quiet, event: StartSending) -> Step[object]:
        """The seizure is acknowledged."""
        if not event.order.called:
            return Step(Quiet(), (THROUGH,))
        return Step(Pausing(event.order.called), (Start(START_PAUSE),))

    def begin(self, state: Pausing, _event: Expired) -> Step[object]:
        """The first digit; keys all at once."""
        if self.by is AddressBy.KEYS:
            return Step(Sounding(), (SendAddress(address_of(state.signals)), Start(SOUNDING_MOST)))
        return _break(state.signals, state.signals[0])

    def keys_out(self, _state: Sounding, _event: KeysSent) -> Step[object]:
        """The number is out."""
        return Step(Quiet(), (THROUGH,))

    def keys_lost(self, _state: Sounding, _event: Expired) -> Step[object]:
        """Nobody sounds them."""
        return Step(Quiet(), (SendAddress(None), Failed("not_dialled")))

    def broken(self, state: Breaking, _event: Expired) -> Step[object]:
        """The break is long enough."""
        left = state.pulses - 1
        return Step(Making(state.signals, left), (LineBreak(on=False), Start(MAKE if left else BETWEEN_DIGITS)))

    def made(self, state: Making, _event: Expired) -> Step[object]:
        """The next break; without one the next digit; without one the number is out."""
        if state.pulses:
            return _break(state.signals, state.pulses)
        rest = state.signals[1:]
        return _break(rest, rest[0]) if rest else Step(Quiet(), (THROUGH,))

    def stop(self, state: object, _event: StopRegister) -> Step[object]:
        """The call is over; the line machine sends what belongs to that."""
        return Step(Quiet(), (SendAddress(None),) if isinstance(state, Sounding) else ())

    def answered_early(self, state: object, _event: LineAnswered) -> Step[object]:
        """Answered in the middle: they speak."""
        if isinstance(state, Sounding):
            return Step(Quiet(), (SendAddress(None), Through()))
        return Step(Quiet(), (LineBreak(on=False), Through()))

    def answered(self, state: Quiet, _event: LineAnswered) -> Step[object]:
        """As it should be."""
        return Step(state, (Through(),))


def _break(signals: tuple[int, ...], pulses: int) -> Step[object]:
    return Step(Breaking(signals, pulses), (LineBreak(on=True), Start(BREAK)))


# ---- table -----------------------------------------------------------------------------------------------------------


def cas_outgoing_table(by: AddressBy) -> Table:
    """The machine that tells called numbers in this way."""
    rows = AddressRows(by)
    working = (Pausing, Sounding, Breaking, Making)
    return Table(
        "CAS outgoing address",
        Quiet(),
        rows={
            (Quiet, StartSending): rows.start,
            (Quiet, LineAnswered): rows.answered,
            (Pausing, START_PAUSE): rows.begin,
            (Sounding, KeysSent): rows.keys_out,
            (Sounding, SOUNDING_MOST): rows.keys_lost,
            (Breaking, BREAK): rows.broken,
            (Making, MAKE): rows.made,
            (Making, BETWEEN_DIGITS): rows.made,
            **{(state, LineAnswered): rows.answered_early for state in working},
            **{(state, StopRegister): rows.stop for state in working},
        },
        ignored={
            (Quiet, StopRegister): "it is quiet",
            **{(state, KeysSent): "the call ended, or was answered, at the same moment" for state in (Quiet, Pausing, Breaking, Making)},
        },
        timers={Pausing: (START_PAUSE,), Sounding: (SOUNDING_MOST,), Breaking: (BREAK,), Making: (MAKE, BETWEEN_DIGITS)},
    )
