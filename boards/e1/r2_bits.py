"""Received bits that stand still: a change counts when it has lasted.

Source: ITU-T Q.421 and Q.422, recognition of a change of state after 20 ±7 ms; Chinese exchanges behave alike.

    Unknown ──seen──▶ Changing ──time over──▶ Steady ──other bits──▶ Changing ──the old bits──▶ Steady
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.e1.r2_words import AlarmBegan, BitsSeen
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = ["PERSISTENCE", "BitsSettled", "Changing", "Steady", "Unknown", "bits_table"]

PERSISTENCE = Timer("persistence", 0.02, 0.0, 0.1, "Q.421: 20 ±7 ms", "bits count when they have stood for so long")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unknown:
    """Nothing that counts has been seen, or an alarm has made it worthless."""


@dataclass(frozen=True)
class Steady:
    """The far end sends these bits."""

    bits: int


@dataclass(frozen=True)
class Changing:
    """It sends ``bits`` since a moment ago; ``before`` counted until then, None: nothing did."""

    before: int | None
    bits: int


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BitsSettled:
    """These bits count from now on."""

    bits: int


# ---- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BitsRows:
    """The rows of a circuit whose bits must stand for ``persistence_s``."""

    persistence_s: float

    def first(self, _state: Unknown, event: BitsSeen) -> Step[object]:
        """The first bits there are."""
        return self._change(None, event.bits)

    def other(self, state: Steady, event: BitsSeen) -> Step[object]:
        """Others than before: wait whether they stay."""
        return Step(state) if event.bits == state.bits else self._change(state.bits, event.bits)

    def again(self, state: Changing, event: BitsSeen) -> Step[object]:
        """Back to what counted: it was a glitch; else the wait begins anew."""
        if event.bits == state.bits:
            return Step(state)
        return Step(Steady(event.bits)) if event.bits == state.before else self._change(state.before, event.bits)

    def settled(self, state: Changing, _event: Expired) -> Step[object]:
        """They stood long enough."""
        return Step(Steady(state.bits), (BitsSettled(state.bits),))

    def forget(self, _state: object, _event: AlarmBegan) -> Step[object]:
        """What comes now is noise."""
        return Step(Unknown())

    def _change(self, before: int | None, bits: int) -> Step[object]:
        if self.persistence_s == 0:
            return Step(Steady(bits), (BitsSettled(bits),))
        return Step(Changing(before, bits), (Start(PERSISTENCE, self.persistence_s),))


def bits_table(persistence_s: float = PERSISTENCE.default_s) -> Table:
    """The machine of received bits."""
    rows = BitsRows(persistence_s)
    return Table(
        "R2 received bits",
        Unknown(),
        rows={
            (Unknown, BitsSeen): rows.first,
            (Steady, BitsSeen): rows.other,
            (Changing, BitsSeen): rows.again,
            (Changing, PERSISTENCE): rows.settled,
            (Steady, AlarmBegan): rows.forget,
            (Changing, AlarmBegan): rows.forget,
        },
        ignored={(Unknown, AlarmBegan): "nothing is known"},
        timers={Changing: (PERSISTENCE,)},
    )
