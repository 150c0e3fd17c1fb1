"""The life of a port: open and serving, kept from service, or shut and tried again.

A line's own machine (``fxo.py``, ``fxs.py``) knows calls. This one stands beside it and knows the channel: whether it is open, and what keeps the
line from service though the line itself is well - an alarm of its span, maintenance.

    Closed ──Begin, Opened──▶ Serving                                  End ──▶ Closed
                  Hold / Unhold
    Serving ◀──────────────────▶ Held(reasons)
       │                            │
       └────────── Fail ────────────┤            retry: 2, 4, 8 … 60 s, or at once when the card is seen again
                                    ▼
    Serving | Held ◀── Opened ── Shut(reason, tries) ── Refused(reason) ──▶ Shut(reason, tries + 1)

(Opened, and well for a minute, the failures before are forgotten: a port that fails again and again is not tried more often each time.)

For a test that wants the channel itself it is *lent*: closed here, and opened again when it is given back.

A channel that failed is closed and opened afresh, which resets everything that the driver knows of it, so a card that was pulled out and put back
needs no restart. There is no last try: a card may be put back after a week, and a try each minute costs nothing. The first try comes
after two seconds, because the driver keeps the channels of a pulled card for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Start, Step, Table, Timer

__all__ = [
    "ALARM",
    "BLOCKED",
    "CARD_REMOVED",
    "DRIVER_ERROR",
    "MAINTENANCE",
    "TABLE",
    "UNDER_TEST",
    "Begin",
    "CloseChannel",
    "Closed",
    "End",
    "Fail",
    "GiveBack",
    "Held",
    "Hold",
    "Lend",
    "Lent",
    "LookNow",
    "OpenChannel",
    "Opened",
    "PutIn",
    "Refused",
    "Serving",
    "Shut",
    "TakeOut",
    "Unhold",
]

ALARM = "alarm"
MAINTENANCE = "maintenance"
BLOCKED = "blocked"
UNDER_TEST = "under_test"
CARD_REMOVED = "card_removed"
DRIVER_ERROR = "driver_error"

RETRY = Timer(
    "port_retry",
    2.0,
    1.0,
    60.0,
    "driver: a removed channel is kept 1 s",
    "first try to open a failed channel; each further one waits twice as long",
)
SETTLED = Timer("port_settled", 60.0, 60.0, 600.0, "the longest wait above", "a port that was well for so long counts as mended")
DOUBLINGS_MOST = 5
"""2 s × 2^5 is beyond the longest wait."""

Reasons = frozenset[str]
NONE: Reasons = frozenset()

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Closed:
    """Not begun, or ended."""


@dataclass(frozen=True)
class Serving:
    """The channel is open and nothing speaks against its use. ``failures``: how often it has failed of late."""

    failures: int = 0


@dataclass(frozen=True)
class Held:
    """The channel is open, and kept from service."""

    reasons: Reasons
    failures: int = 0


@dataclass(frozen=True)
class Shut:
    """There is no open channel. ``tries``: how often it has failed of late, and could not be opened since; ``held`` is what would keep it
    from service.
    """

    reason: str
    tries: int = 0
    held: Reasons = NONE


@dataclass(frozen=True)
class Lent:
    """Somebody else has the channel, for this ``reason``; ``held`` is what would keep it from service."""

    held: Reasons = NONE
    reason: str = MAINTENANCE


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begin:
    """The board starts."""


@dataclass(frozen=True)
class End:
    """The board stops."""


@dataclass(frozen=True)
class Hold:
    """Keep it from service: ``alarm``, ``maintenance`` or ``blocked``."""

    reason: str


@dataclass(frozen=True)
class Unhold:
    """The reason is over."""

    reason: str


@dataclass(frozen=True)
class Fail:
    """The channel does not work any more."""

    reason: str


@dataclass(frozen=True)
class Opened:
    """The channel is open (again); ``held`` is what keeps it from service at this moment."""

    held: Reasons = NONE


@dataclass(frozen=True)
class Refused:
    """It could not be opened."""

    reason: str


@dataclass(frozen=True)
class Lend:
    """Let somebody else have the channel: for ``maintenance``, or because the port is ``under_test``."""

    reason: str = MAINTENANCE


@dataclass(frozen=True)
class GiveBack:
    """He is done with it."""


@dataclass(frozen=True)
class LookNow:
    """Its card has been seen: do not wait."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakeOut:
    """The line's machine ends what it does and is out of service."""

    reason: str


@dataclass(frozen=True)
class PutIn:
    """The line's machine serves again."""


@dataclass(frozen=True)
class CloseChannel:
    """Close the channel, when the line's machine is done with it."""


@dataclass(frozen=True)
class OpenChannel:
    """Try to open it; ``Opened`` or ``Refused`` follows."""


# ---- rows ------------------------------------------------------------------------------------------------------------


def _first(reasons: Reasons) -> str:
    """The reason that is told: an alarm rather than what somebody wants, which nobody needs to mend."""
    return ALARM if ALARM in reasons else min(reasons)


def _wait_s(tries: int) -> float:
    return min(RETRY.default_s * float(2 ** min(tries, DOUBLINGS_MOST)), RETRY.most_s)


def _settling(failures: int) -> tuple[object, ...]:
    return (Start(SETTLED),) if failures else ()


def begin(state: Closed, _event: Begin) -> Step[object]:
    """Open the channel for the first time."""
    return Step(state, (OpenChannel(),))


def begun(_state: Closed, event: Opened) -> Step[object]:
    """As it should be; or open, but on a span in alarm."""
    if event.held:
        return Step(Held(event.held), (TakeOut(_first(event.held)),))
    return Step(Serving(), (PutIn(),))


def not_begun(_state: Closed, event: Refused) -> Step[object]:
    """One line that cannot be opened keeps nothing else from starting."""
    return Step(Shut(event.reason), (TakeOut(event.reason), Start(RETRY)))


def end(_state: object, _event: End) -> Step[object]:
    """Whoever stops the board closes the channel."""
    return Step(Closed())


def hold(state: Serving, event: Hold) -> Step[object]:
    """The first reason takes it out."""
    return Step(Held(frozenset({event.reason}), state.failures), (TakeOut(event.reason), *_settling(state.failures)))


def _held_by(state: Held, reasons: Reasons) -> Step[object]:
    told: tuple[object, ...] = (TakeOut(_first(reasons)),) if _first(reasons) != _first(state.reasons) else ()
    return Step(replace(state, reasons=reasons), told)


def hold_more(state: Held, event: Hold) -> Step[object]:
    """One reason more; one that matters more is told."""
    return _held_by(state, state.reasons | {event.reason})


def unhold(state: Held, event: Unhold) -> Step[object]:
    """The last reason gone puts it in."""
    reasons = state.reasons - {event.reason}
    if reasons:
        return _held_by(state, reasons)
    return Step(Serving(state.failures), (PutIn(), *_settling(state.failures)))


def settled(state: Serving | Held, _event: object) -> Step[object]:
    """Well for so long: what was before is forgotten."""
    return Step(replace(state, failures=0))


def fail(state: Serving | Held, event: Fail) -> Step[object]:
    """Close it, and try again in a while."""
    held = state.reasons if isinstance(state, Held) else NONE
    effects = (TakeOut(event.reason), CloseChannel(), Start(RETRY, _wait_s(state.failures)))
    return Step(Shut(event.reason, state.failures, held), effects)


def hold_shut(state: Shut, event: Hold) -> Step[object]:
    """To be known when it opens."""
    return Step(replace(state, held=state.held | {event.reason}))


def unhold_shut(state: Shut, event: Unhold) -> Step[object]:
    """Likewise."""
    return Step(replace(state, held=state.held - {event.reason}))


def fail_otherwise(state: Shut, event: Fail) -> Step[object]:
    """What the pump or the driver says last of a failed channel. That the card is gone is worth knowing."""
    if event.reason == CARD_REMOVED != state.reason:
        return Step(replace(state, reason=CARD_REMOVED), (TakeOut(CARD_REMOVED),))
    return Step(state)


def lend(state: Serving | Held | Shut, event: Lend) -> Step[object]:
    """Close it, if it is open."""
    held = NONE if isinstance(state, Serving) else state.reasons if isinstance(state, Held) else state.held
    return Step(Lent(held, event.reason), (TakeOut(event.reason), CloseChannel()))


def given_back(state: Lent, _event: GiveBack) -> Step[object]:
    """Open it when whoever had it has certainly closed it."""
    return Step(Shut(state.reason, 0, state.held), (Start(RETRY, RETRY.least_s),))


def hold_lent(state: Lent, event: Hold) -> Step[object]:
    """To be known when it comes back."""
    return Step(replace(state, held=state.held | {event.reason}))


def unhold_lent(state: Lent, event: Unhold) -> Step[object]:
    """Likewise."""
    return Step(replace(state, held=state.held - {event.reason}))


def try_now(state: Shut, _event: object) -> Step[object]:
    """The wait is over, or the card was seen."""
    return Step(state, (OpenChannel(),))


def refused(state: Shut, event: Refused) -> Step[object]:
    """Wait longer, up to a minute. A card that was pulled out stays pulled out, whatever the driver calls its missing channel."""
    reason = state.reason if state.reason == CARD_REMOVED else event.reason
    told: tuple[object, ...] = (TakeOut(reason),) if reason != state.reason else ()
    tries = state.tries + 1
    return Step(replace(state, reason=reason, tries=tries), (*told, Start(RETRY, _wait_s(tries))))


def opened(state: Shut, event: Opened) -> Step[object]:
    """It serves again, unless something else keeps it from that."""
    failures = state.tries + 1
    held = state.held | event.held
    if held:
        return Step(Held(held, failures), (TakeOut(_first(held)), *_settling(failures)))
    return Step(Serving(failures), (PutIn(), *_settling(failures)))


# ---- table -----------------------------------------------------------------------------------------------------------

LATE = "the channel was opened meanwhile"
OPEN_ALREADY = "it is open"
OPENS_AND_REFUSALS = (Opened, Refused)

TABLE = Table(
    "port",
    Closed(),
    rows={
        (Closed, Begin): begin,
        (Closed, Opened): begun,
        (Closed, Refused): not_begun,
        **{(state, End): end for state in (Closed, Serving, Held, Shut, Lent)},
        **{(state, Lend): lend for state in (Serving, Held, Shut)},
        (Lent, GiveBack): given_back,
        (Lent, Hold): hold_lent,
        (Lent, Unhold): unhold_lent,
        (Serving, Hold): hold,
        (Serving, Fail): fail,
        (Serving, SETTLED): settled,
        (Held, Hold): hold_more,
        (Held, Unhold): unhold,
        (Held, Fail): fail,
        (Held, SETTLED): settled,
        (Shut, Hold): hold_shut,
        (Shut, Unhold): unhold_shut,
        (Shut, Fail): fail_otherwise,
        (Shut, RETRY): try_now,
        (Shut, LookNow): try_now,
        (Shut, Opened): opened,
        (Shut, Refused): refused,
    },
    ignored={
        **{(Closed, event): "there is no channel yet" for event in (Hold, Unhold, Fail, LookNow, Lend, GiveBack)},
        **{(Lent, event): "somebody else has it" for event in (Fail, LookNow, Lend, *OPENS_AND_REFUSALS)},
        **{(state, GiveBack): "it was not lent" for state in (Serving, Held, Shut)},
        (Serving, Unhold): "it was not held",
        **{(state, LookNow): OPEN_ALREADY for state in (Serving, Held)},
        **{(state, event): LATE for state in (Serving, Held) for event in OPENS_AND_REFUSALS},
    },
    timers={Serving: (SETTLED,), Held: (SETTLED,), Shut: (RETRY,)},
)
