"""One interaction: all that one contact causes, from the first ring or the first dialling to the last call.

    Unbegun ──call begins──▶ Open ──call begins, promised──▶ Open ──the last call is over, nothing is promised──▶ Over

Calls are counted, not known: whatever is transferred, parked, put into a conference, forwarded or rung back is one more call of the same
interaction. A call that is to come later (a call-back on busy, a promised one) is *awaited*, so that the interaction does not end in between.

An interaction ends exactly once, with the cause of the call that was the last to end; an awaited call that never came ends it with a cause of its own
when no call is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Step, Table
from engine.telephony.causes import Release

__all__ = ["TABLE", "Awaited", "CallBegins", "CallIsOver", "NoMoreAwaited", "Open", "Over", "TellBegan", "TellEnded", "Unbegun"]


# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unbegun:
    """No call yet."""


@dataclass(frozen=True)
class Open:
    """``open_calls`` go on, ``awaited`` are promised; ``calls`` there were so far."""

    open_calls: int
    awaited: int
    calls: int


@dataclass(frozen=True)
class Over:
    """Ended."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallBegins:
    """One more call belongs to the interaction."""

    call: str


@dataclass(frozen=True)
class CallIsOver:
    """One of its calls has ended."""

    release: Release
    by: str


@dataclass(frozen=True)
class Awaited:
    """A call is promised that will belong to the interaction."""


@dataclass(frozen=True)
class NoMoreAwaited:
    """The promised call has begun, or will not come, for this reason."""

    release: Release


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TellBegan:
    """Fact: it begins with this call."""

    call: str


@dataclass(frozen=True)
class TellEnded:
    """Fact: it is over, after so many calls."""

    release: Release
    by: str
    calls: int


# ---- rows ------------------------------------------------------------------------------------------------------------


def begins(_state: Unbegun, event: CallBegins) -> Step[object]:
    """The first call."""
    return Step(Open(1, 0, 1), (TellBegan(event.call),))


def goes_on(state: Open, _event: CallBegins) -> Step[object]:
    """One call more."""
    return Step(replace(state, open_calls=state.open_calls + 1, calls=state.calls + 1))


def call_over(state: Open, event: CallIsOver) -> Step[object]:
    """One call less; the last one ends the interaction, unless another is promised."""
    return _less(replace(state, open_calls=state.open_calls - 1), event.release, event.by)


def awaits(state: Open, _event: Awaited) -> Step[object]:
    """Kept open for a call to come."""
    return Step(replace(state, awaited=state.awaited + 1))


def awaits_less(state: Open, event: NoMoreAwaited) -> Step[object]:
    """One promise less."""
    return _less(replace(state, awaited=max(0, state.awaited - 1)), event.release, "system")


def _less(state: Open, release: Release, by: str) -> Step[object]:
    if state.open_calls or state.awaited:
        return Step(state)
    return Step(Over(), (TellEnded(release, by, state.calls),))


# ---- table -----------------------------------------------------------------------------------------------------------

TABLE = Table(
    "interaction",
    Unbegun(),
    rows={
        (Unbegun, CallBegins): begins,
        (Open, CallBegins): goes_on,
        (Open, CallIsOver): call_over,
        (Open, Awaited): awaits,
        (Open, NoMoreAwaited): awaits_less,
    },
    ignored={
        (Over, NoMoreAwaited): "what was promised crossed the end",
    },
)
