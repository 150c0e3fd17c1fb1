"""What a call's page says of a call beside its row: whose number it is, who answered, why it failed and what to change."""

from __future__ import annotations

from dataclasses import dataclass

from engine import facts
from engine.control.cause_words import advice
from engine.control.narration import ABSENCES, DIVERSIONS, SCREENINGS
from engine.control.window import CallStory
from engine.kernel.text import Text, text
from engine.telephony.q850 import named

__all__ = ["CallAbout"]


@dataclass(frozen=True)
class CallAbout:
    """What a call's page says of it beside its row. ``withheld``, ``screening``, ``diverted``: of the caller's number; ``connected``: who answered;
    ``cause`` in words, and ``advice``: what to change when it comes again.
    """

    withheld: Text | None = None
    screening: Text | None = None
    diverted: Text | None = None
    connected: str = ""
    cause: Text | None = None
    advice: Text | None = None

    @classmethod
    def of(cls, story: CallStory, *, isdn: bool) -> CallAbout:
        """``isdn``: its line is a channel of an ISDN trunk."""
        row = story.row
        told = [moment.fact for moment in story.moments]
        arrived = next((fact for fact in told if isinstance(fact, facts.CallArrived)), None)
        failed = row.direction == "outgoing" and row.cause is not None and row.connected_utc_ms is None
        return cls(
            withheld=ABSENCES.get(arrived.absence) if arrived else None,
            screening=SCREENINGS.get(arrived.screening) if arrived else None,
            diverted=_diverted(arrived) if arrived else None,
            connected=next((fact.connected for fact in told if isinstance(fact, facts.CallAnswered)), ""),
            cause=None if row.cause is None else named(row.cause),
            advice=advice(row.reason, row.cause or 0, row.line, isdn=isdn) if failed else None,
        )


def _diverted(arrived: facts.CallArrived) -> Text | None:
    if not arrived.redirected:
        return None
    why = DIVERSIONS.get(arrived.redirected, DIVERSIONS["unknown"])
    return text("{number} ({why})", number=arrived.redirecting or ABSENCES["private"], why=why)
