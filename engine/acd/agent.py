"""One agent's state, for one person and not per queue.

    LoggedOut ──login──▶ NotReady{…} ◀──▶ Ready ──offer──▶ Offered ──lift──▶ Talking ──end──▶ WrapUp ──time|key──▶ Ready
                             ▲                │ ▲             │ missed / caller gone / fault      │
                             └────────────────┘ └─────────────┘                                   └─▶ NotReady (pending)
    Ready | NotReady ──own call──▶ OwnCall ──end──▶ where it was

Not ready is a *set* of reasons: the agent is ready only when it is empty. What is asked for during a call is *pending* and
happens at the end of wrap-up. An unanswered offer is a *miss*: the idle clock starts again and the agent is left in
peace for a while; after several in a row the agent is not ready (``missed``). When the caller gives up first, the agent
keeps the place in the idle order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "HANDSET_DOWN",
    "MISSED",
    "OFF_HOOK",
    "TABLE",
    "Announce",
    "AnswerOffer",
    "BecomeNotReady",
    "BecomeReady",
    "CallOver",
    "EndWrapUp",
    "LoggedOut",
    "Login",
    "Logout",
    "NotReady",
    "Offer",
    "OfferLimits",
    "OfferMissed",
    "OfferWithdrawn",
    "Offered",
    "OwnCall",
    "OwnCallBegan",
    "OwnCallMoved",
    "OwnCallOver",
    "Ready",
    "ReasonOver",
    "Rematch",
    "Talking",
    "WrapUp",
]

MISSED = "missed"
LOGIN = "login"
OFF_HOOK = "off_hook"
"""The handset is up and nobody is at it; over when it is put down."""
HANDSET_DOWN = "handset_down"
"""Of an agent who takes calls off hook; over when the handset is lifted."""
PASSING = frozenset({OFF_HOOK, HANDSET_DOWN})
"""Reasons that end by themselves, and then leave what was before them."""

RING_TIME = Timer("ring_time", 20.0, 5.0, 120.0, "queue setting", "an unanswered offer ends")
WRAP_UP = Timer("wrap_up", 30.0, 0.0, 3600.0, "queue setting", "paperwork after a call ends")
COOL_DOWN = Timer("cool_down", 5.0, 0.0, 300.0, "queue setting", "no new offer this soon after a miss")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoggedOut:
    """At no phone."""


@dataclass(frozen=True)
class NotReady:
    """Logged in and not to be offered calls; ``reasons`` is never empty."""

    phone: str
    reasons: frozenset[str]


@dataclass(frozen=True)
class Ready:
    """To be offered calls. ``since_ns`` orders the idle; ``cooling``: left in peace after a miss; ``misses`` in a row."""

    phone: str
    since_ns: int
    misses: int = 0
    cooling: bool = False


@dataclass(frozen=True)
class Offered:
    """The phone rings for a queued call. The idle clock is kept for the case that the caller gives up."""

    phone: str
    call: str
    queue: str
    since_ns: int
    misses: int
    limits: OfferLimits


@dataclass(frozen=True)
class Talking:
    """In conversation with a queued caller; ``pending`` reasons (None: ready) take effect after wrap-up."""

    phone: str
    call: str
    queue: str
    wrap_up_s: float
    pending: frozenset[str] = frozenset()
    logout: bool = False


@dataclass(frozen=True)
class WrapUp:
    """Paperwork after a call."""

    phone: str
    queue: str
    pending: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OwnCall:
    """In a call of one's own; goes back to ``before``, or logs out after it."""

    phone: str
    call: str
    before: NotReady | Ready
    logout: bool = False


@dataclass(frozen=True)
class OfferLimits:
    """A queue's settings that govern an offer."""

    ring_timeout_s: float
    wrap_up_s: float
    miss_pause_s: float
    misses_most: int


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Login:
    """At this phone; ready at once or not."""

    phone: str
    ready: bool
    now_ns: int


@dataclass(frozen=True)
class Logout:
    """Leave the phone."""


@dataclass(frozen=True)
class BecomeReady:
    """All reasons are over."""

    now_ns: int


@dataclass(frozen=True)
class BecomeNotReady:
    """One more reason."""

    reason: str


@dataclass(frozen=True)
class ReasonOver:
    """One reason has ended by itself."""

    reason: str
    now_ns: int


@dataclass(frozen=True)
class Offer:
    """A queued call is offered."""

    call: str
    queue: str
    limits: OfferLimits


@dataclass(frozen=True)
class AnswerOffer:
    """The phone was lifted for the offered call."""


@dataclass(frozen=True)
class OfferWithdrawn:
    """The caller gave up, or the phone could not be rung."""


@dataclass(frozen=True)
class CallOver:
    """The conversation ended."""

    now_ns: int


@dataclass(frozen=True)
class EndWrapUp:
    """The agent ends wrap-up before its time."""

    now_ns: int


@dataclass(frozen=True)
class OwnCallBegan:
    """The phone is in a call that no queue offered."""

    call: str


@dataclass(frozen=True)
class OwnCallMoved:
    """That call goes on as another."""

    call: str


@dataclass(frozen=True)
class OwnCallOver:
    """That call ended."""

    now_ns: int


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announce:
    """Publish the present state as a fact."""


@dataclass(frozen=True)
class Rematch:
    """The agent may be free: look for a waiting call."""


@dataclass(frozen=True)
class OfferMissed:
    """The offer went unanswered: stop the bell, the caller keeps the place."""

    call: str
    queue: str


# ---- rows ------------------------------------------------------------------------------------------------------------


def login(_state: LoggedOut, event: Login) -> Step[object]:
    """At a phone."""
    if event.ready:
        return Step(Ready(event.phone, event.now_ns), (Announce(), Rematch()))
    return Step(NotReady(event.phone, frozenset({LOGIN})), (Announce(),))


def logout(_state: NotReady | Ready | WrapUp, _event: Logout) -> Step[object]:
    """Gone."""
    return Step(LoggedOut(), (Announce(),))


def logout_later(state: Talking, _event: Logout) -> Step[object]:
    """Asked for during a call: after it."""
    return Step(replace(state, logout=True))


def logout_while_offered(state: Offered, _event: Logout) -> Step[object]:
    """Logged out by somebody else: the bell stops and the caller keeps the place."""
    return Step(LoggedOut(), (OfferMissed(state.call, state.queue), Announce(), Rematch()))


def logout_after_own_call(state: OwnCall, _event: Logout) -> Step[object]:
    """Logged out by somebody else: after the call."""
    return Step(replace(state, logout=True))


def ready(state: NotReady, event: BecomeReady) -> Step[object]:
    """All reasons are over; the idle clock starts."""
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def ready_later(state: Talking, _event: BecomeReady) -> Step[object]:
    """What was pending is taken back."""
    return Step(replace(state, pending=frozenset(), logout=False))


def ready_from_wrap_up(state: WrapUp, event: BecomeReady) -> Step[object]:
    """Ready ends wrap-up too."""
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def not_ready(state: Ready, event: BecomeNotReady) -> Step[object]:
    """A break."""
    return Step(NotReady(state.phone, frozenset({event.reason})), (Announce(),))


def another_reason(state: NotReady, event: BecomeNotReady) -> Step[object]:
    """One more reason; the reason of having just logged in or missed calls gives way to a real one."""
    kept = state.reasons if event.reason in PASSING else state.reasons - {LOGIN, MISSED}
    return Step(NotReady(state.phone, kept | {event.reason}), (Announce(),))


def reason_over(state: NotReady, event: ReasonOver) -> Step[object]:
    """It was the last one, or others remain."""
    reasons = state.reasons - {event.reason}
    if reasons == state.reasons:
        return Step(state)
    if reasons:
        return Step(NotReady(state.phone, reasons), (Announce(),))
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def pending_over(state: Talking | WrapUp, event: ReasonOver) -> Step[object]:
    """It will not take effect any more."""
    return Step(replace(state, pending=state.pending - {event.reason}))


def reason_over_in_own_call(state: OwnCall, event: ReasonOver) -> Step[object]:
    """Counts after the call."""
    if not isinstance(state.before, NotReady):
        return Step(state)
    reasons = state.before.reasons - {event.reason}
    return Step(replace(state, before=NotReady(state.phone, reasons) if reasons else Ready(state.phone, event.now_ns)))


def not_ready_later(state: Talking, event: BecomeNotReady) -> Step[object]:
    """Asked for during a call: after wrap-up."""
    return Step(replace(state, pending=state.pending | {event.reason}))


def not_ready_after_wrap_up(state: WrapUp, event: BecomeNotReady) -> Step[object]:
    """Asked for during wrap-up: after it."""
    return Step(replace(state, pending=state.pending | {event.reason}))


def not_ready_in_own_call(state: OwnCall, event: BecomeNotReady) -> Step[object]:
    """After the own call."""
    before = state.before.reasons if isinstance(state.before, NotReady) else frozenset()
    kept = before if event.reason in PASSING else before - {LOGIN, MISSED}
    return Step(replace(state, before=NotReady(state.phone, kept | {event.reason})))


def ready_in_own_call(state: OwnCall, event: BecomeReady) -> Step[object]:
    """After the own call."""
    return Step(replace(state, before=Ready(state.phone, event.now_ns)))


def offer(state: Ready, event: Offer) -> Step[object]:
    """The phone begins to ring."""
    offered = Offered(state.phone, event.call, event.queue, state.since_ns, state.misses, event.limits)
    return Step(offered, (Announce(), Start(RING_TIME, event.limits.ring_timeout_s)))


def answer_offer(state: Offered, _event: AnswerOffer) -> Step[object]:
    """Lifted."""
    return Step(Talking(state.phone, state.call, state.queue, state.limits.wrap_up_s), (Announce(),))


def ring_timed_out(state: Offered, event: Expired) -> Step[object]:
    """Missed: to the end of the idle order, and not ready after too many in a row."""
    misses = state.misses + 1
    missed = OfferMissed(state.call, state.queue)
    if misses >= state.limits.misses_most:
        return Step(NotReady(state.phone, frozenset({MISSED})), (missed, Announce(), Rematch()))
    cooling = state.limits.miss_pause_s > 0
    start = (Start(COOL_DOWN, state.limits.miss_pause_s),) if cooling else ()
    return Step(Ready(state.phone, event.now_ns, misses, cooling), (*start, missed, Announce(), Rematch()))


def offer_withdrawn(state: Offered, _event: OfferWithdrawn) -> Step[object]:
    """Not the agent's doing: as if it had not rung."""
    return Step(Ready(state.phone, state.since_ns, state.misses), (Announce(), Rematch()))


def not_ready_while_offered(state: Offered, event: BecomeNotReady) -> Step[object]:
    """The bell stops and the caller keeps the place."""
    missed = OfferMissed(state.call, state.queue)
    return Step(NotReady(state.phone, frozenset({event.reason})), (missed, Announce(), Rematch()))


def cooled_down(state: Ready, _event: Expired) -> Step[object]:
    """To be offered calls again."""
    return Step(replace(state, cooling=False), (Rematch(),))


def call_over(state: Talking, event: CallOver) -> Step[object]:
    """Paperwork, unless the queue has none or the agent leaves."""
    if state.logout:
        return Step(LoggedOut(), (Announce(),))
    if state.wrap_up_s > 0:
        return Step(WrapUp(state.phone, state.queue, state.pending), (Announce(), Start(WRAP_UP, state.wrap_up_s)))
    if state.pending:
        return Step(NotReady(state.phone, state.pending), (Announce(),))
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def wrap_up_over(state: WrapUp, event: EndWrapUp | Expired) -> Step[object]:
    """Ready again, or what was asked for meanwhile."""
    if state.pending:
        return Step(NotReady(state.phone, state.pending), (Announce(),))
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def own_call(state: NotReady | Ready, event: OwnCallBegan) -> Step[object]:
    """Blocks offers."""
    return Step(OwnCall(state.phone, event.call, state), (Announce(),))


def own_call_moved(state: OwnCall, event: OwnCallMoved) -> Step[object]:
    """Busy still, with another call."""
    return Step(replace(state, call=event.call))


def own_call_over(state: OwnCall, event: OwnCallOver) -> Step[object]:
    """Back to where it was; time in an own call is not idle time."""
    if state.logout:
        return Step(LoggedOut(), (Announce(),))
    if isinstance(state.before, Ready):
        return Step(Ready(state.phone, event.now_ns, state.before.misses), (Announce(), Rematch()))
    return Step(state.before, (Announce(),))


# ---- table -----------------------------------------------------------------------------------------------------------

CROSSED = "it crossed the change that made it pointless"
TABLE = Table(
    "agent",
    LoggedOut(),
    rows={
        (LoggedOut, Login): login,
        (NotReady, Logout): logout,
        (Ready, Logout): logout,
        (WrapUp, Logout): logout,
        (Talking, Logout): logout_later,
        (Offered, Logout): logout_while_offered,
        (OwnCall, Logout): logout_after_own_call,
        (NotReady, BecomeReady): ready,
        (Talking, BecomeReady): ready_later,
        (WrapUp, BecomeReady): ready_from_wrap_up,
        (OwnCall, BecomeReady): ready_in_own_call,
        (Ready, BecomeNotReady): not_ready,
        (NotReady, BecomeNotReady): another_reason,
        (Offered, BecomeNotReady): not_ready_while_offered,
        (Talking, BecomeNotReady): not_ready_later,
        (WrapUp, BecomeNotReady): not_ready_after_wrap_up,
        (OwnCall, BecomeNotReady): not_ready_in_own_call,
        (NotReady, ReasonOver): reason_over,
        (Talking, ReasonOver): pending_over,
        (WrapUp, ReasonOver): pending_over,
        (OwnCall, ReasonOver): reason_over_in_own_call,
        (Ready, Offer): offer,
        (Ready, COOL_DOWN): cooled_down,
        (Offered, AnswerOffer): answer_offer,
        (Offered, RING_TIME): ring_timed_out,
        (Offered, OfferWithdrawn): offer_withdrawn,
        (Talking, CallOver): call_over,
        (WrapUp, EndWrapUp): wrap_up_over,
        (WrapUp, WRAP_UP): wrap_up_over,
        (NotReady, OwnCallBegan): own_call,
        (Ready, OwnCallBegan): own_call,
        (OwnCall, OwnCallMoved): own_call_moved,
        (OwnCall, OwnCallOver): own_call_over,
    },
    ignored={
        (Ready, BecomeReady): "ready already",
        **{(state, ReasonOver): "it is no reason of this agent" for state in (LoggedOut, Ready, Offered)},
        (Ready, OfferWithdrawn): CROSSED,
        (NotReady, OfferWithdrawn): CROSSED,
        (LoggedOut, OfferWithdrawn): CROSSED,
        (LoggedOut, Logout): "out already",
        **{(state, OwnCallOver): "the agent logged in or out during that call" for state in (LoggedOut, NotReady, Ready, WrapUp)},
        **{(state, CallOver): "the agent was logged out during the call" for state in (LoggedOut, NotReady, Ready)},
        (WrapUp, CallOver): "left, and over in the same moment",
        (OwnCall, OwnCallBegan): "a second call beside the first",
        (WrapUp, OwnCallBegan): "a call made in wrap-up is part of the paperwork",
        (LoggedOut, OwnCallBegan): "nobody's own call",
    },
    timers={Offered: (RING_TIME,), WrapUp: (WRAP_UP,), Ready: (COOL_DOWN,)},
)
