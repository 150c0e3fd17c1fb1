"""One alarm of one span: from what the driver shows to what people are told.

          seen             0.5 s                gone            5 s
    Clear ────▶ Rising ──────────▶ Raised ──────────▶ Falling ─────▶ Clear
      ▲           │ gone             ▲                  │ seen
      └───────────┘                  └──────────────────┘

Cards debounce by themselves: most of them show loss of signal or frame after 2.5 s and a yellow alarm after half a second (ANSI T1.231 6.2:
a failure is declared after 2.5 s and cleared after 10 s at the most). Others show what they see: a span without a card shows red at once.
The times here are therefore short: long enough that a glitch of the driver's is no alarm and ends no call, and that a line
that comes and goes with each second is out of service all the while.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer

__all__ = ["CLEAR", "RAISE", "TABLE", "AlarmCleared", "AlarmRaised", "Clear", "Falling", "Gone", "Raised", "Rising", "Seen"]

RAISE = Timer("span_alarm_raise", 0.5, 0.1, 2.5, "T1.231 6.2: 2.5 s, of which a card takes most", "an alarm seen for so long counts")
CLEAR = Timer("span_alarm_clear", 5.0, 0.5, 20.0, "T1.231 6.2: 10 s at the most", "an alarm gone for so long is over")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clear:
    """No alarm."""


@dataclass(frozen=True)
class Rising:
    """The driver shows it, not for long."""


@dataclass(frozen=True)
class Raised:
    """It counts, since ``since_ns`` (monotonic)."""

    since_ns: int


@dataclass(frozen=True)
class Falling:
    """The driver does not show it any more, not for long."""

    since_ns: int


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """The driver shows it."""


@dataclass(frozen=True)
class Gone:
    """The driver does not show it."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AlarmRaised:
    """Tell that it counts."""


@dataclass(frozen=True)
class AlarmCleared:
    """Tell that it is over, after so long."""

    lasted_s: float


# ---- rows ------------------------------------------------------------------------------------------------------------


def seen(_state: Clear, _event: Seen) -> Step[object]:
    """Wait whether it stays."""
    return Step(Rising(), (Start(RAISE),))


def glitch(_state: Rising, _event: Gone) -> Step[object]:
    """It was nothing."""
    return Step(Clear())


def stays(_state: Rising, event: Expired) -> Step[object]:
    """It is one."""
    return Step(Raised(event.now_ns), (AlarmRaised(),))


def fades(state: Raised, _event: Gone) -> Step[object]:
    """Wait whether it stays away."""
    return Step(Falling(state.since_ns), (Start(CLEAR),))


def returns(state: Falling, _event: Seen) -> Step[object]:
    """It was never over."""
    return Step(Raised(state.since_ns), (Stop(CLEAR),))


def over(state: Falling, event: Expired) -> Step[object]:
    """It is over."""
    return Step(Clear(), (AlarmCleared((event.now_ns - state.since_ns) / 1e9),))


# ---- table -----------------------------------------------------------------------------------------------------------

AGAIN = "the driver is looked at each second"

TABLE = Table(
    "span alarm",
    Clear(),
    rows={
        (Clear, Seen): seen,
        (Rising, Gone): glitch,
        (Rising, RAISE): stays,
        (Raised, Gone): fades,
        (Falling, Seen): returns,
        (Falling, CLEAR): over,
    },
    ignored={
        (Clear, Gone): AGAIN,
        (Rising, Seen): AGAIN,
        (Raised, Seen): AGAIN,
        (Falling, Gone): AGAIN,
    },
    timers={Rising: (RAISE,), Falling: (CLEAR,)},
)
