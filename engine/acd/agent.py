"""One agent's state, for one person and not per queue.

    LoggedOut ──login──▶ NotReady{…} ◀──▶ Ready ──reserve──▶ Reserved ──it rings──▶ Offered ──lift──▶ Talking ──end──▶ WrapUp ──▶ Ready
                             ▲                │ ▲                │ not confirmed       │ missed, rejected,                  └─▶ NotReady (pending)
                             └────────────────┘ └────────────────┴─────────────────────┘ caller gone, forced
    Ready | NotReady ──own call──▶ OwnCall ──end──▶ where it was

Not ready is a *set* of reasons: the agent is ready only when it is empty. Some reasons are the agent's own choice, some are the
appliance's and nobody can choose them (``settings.agents.SYSTEM_REASONS``); of these some end by themselves (``PASSING``), such as that of a dead line.
What is asked for during a call is *pending* and happens at the end of wrap-up. An unanswered offer is a *miss*: the idle clock starts
again and the agent is left in peace for a while; after several in a row the agent is not ready (``missed``). When the caller gives up
first, the agent keeps the place in the idle order.

No state lasts longer than the line confirms it. ``Reserved`` has a timer of its own; of the others ``lease.py`` compares the state with the phone
every second and posts what the line says, or ``LeaseLost``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.acd.agent_events import (
    Announce,
    AnswerOffer,
    BecomeNotReady,
    BecomeReady,
    CallMoved,
    CallOver,
    Confirm,
    EndWrapUp,
    ExtendWrapUp,
    LeaseLost,
    Login,
    Logout,
    LookAtLine,
    ModeChanged,
    Move,
    OfferLimits,
    OfferOver,
    OfferWithdrawn,
    OwnCallBegan,
    OwnCallOver,
    ReasonOver,
    RejectOffer,
    Rematch,
    Reserve,
    RingBegan,
    RingPhone,
    WrapUpRule,
)
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "HANDSET_DOWN",
    "LINE_FAULT",
    "MISSED",
    "MODES",
    "OFF_HOOK",
    "PHONE_FAULT",
    "TABLE",
    "WORDS",
    "Announce",
    "AnswerOffer",
    "BecomeNotReady",
    "BecomeReady",
    "CallMoved",
    "CallOver",
    "Confirm",
    "EndWrapUp",
    "ExtendWrapUp",
    "LeaseLost",
    "LoggedOut",
    "Login",
    "Logout",
    "LookAtLine",
    "ModeChanged",
    "Move",
    "NotReady",
    "OfferLimits",
    "OfferOver",
    "OfferWithdrawn",
    "Offered",
    "OwnCall",
    "OwnCallBegan",
    "OwnCallOver",
    "Ready",
    "ReasonOver",
    "RejectOffer",
    "Rematch",
    "Reserve",
    "Reserved",
    "RingBegan",
    "RingPhone",
    "Talking",
    "WrapUp",
    "WrapUpRule",
    "word_of",
]

MISSED = "missed"
LOGIN = "login"
PHONE_FAULT = "phone_fault"
"""The phone could not be rung, or did not ring when told so; the agent takes it back with the code for ready."""
OFF_HOOK = "off_hook"
"""The handset is up and nobody is at it; over when it is put down."""
HANDSET_DOWN = "handset_down"
"""Of an agent who takes calls off hook; over when the handset is lifted."""
LINE_FAULT = "line_fault"
"""The phone's line is out of service; over when it is in service again."""
PASSING = frozenset({OFF_HOOK, HANDSET_DOWN, LINE_FAULT})
"""Reasons that end by themselves, and then leave what was before them."""
GIVES_WAY = frozenset({LOGIN, MISSED})
"""Reasons that a chosen one replaces."""

RESERVE = Timer("reserve", 2.0, 2.0, 2.0, "ours: as long as a lease lasts", "a phone that was told to ring does not")
RING_TIME = Timer("ring_time", 20.0, 5.0, 120.0, "queue setting", "an unanswered offer ends")
WRAP_UP = Timer("wrap_up", 30.0, 0.0, 3600.0, "queue setting", "paperwork after a call ends")
COOL_DOWN = Timer("cool_down", 5.0, 0.0, 300.0, "queue setting", "no new offer this soon after a miss")
NS_A_S = 1_000_000_000

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
class Reserved:
    """Matched to a queued call; the phone was told to ring and has not been seen to."""

    phone: str
    call: str
    queue: str
    since_ns: int
    misses: int
    limits: OfferLimits


@dataclass(frozen=True)
class Offered(Reserved):
    """The phone rings for a queued call. The idle clock is kept for the case that the caller gives up."""


@dataclass(frozen=True)
class Talking:
    """In conversation with a queued caller. ``mode``: what the conversation is now; ``pending`` reasons (empty: ready) take effect after wrap-up."""

    phone: str
    call: str
    queue: str
    rule: WrapUpRule
    mode: str = "talking"
    pending: frozenset[str] = frozenset()
    logout: bool = False


@dataclass(frozen=True)
class WrapUp:
    """Paperwork after ``call``. ``ends_ns`` 0: no end of its own; ``extended``: how often it was made longer."""

    phone: str
    call: str
    queue: str
    rule: WrapUpRule
    ends_ns: int
    pending: frozenset[str] = frozenset()
    extended: int = 0


@dataclass(frozen=True)
class OwnCall:
    """In a call of one's own; goes back to ``before``, or logs out after it."""

    phone: str
    call: str
    before: NotReady | Ready
    logout: bool = False


MODES = ("talking", "hold", "consult", "conference")
"""What a conversation can be, for its agent."""
WORDS: dict[type, str] = {
    LoggedOut: "logged_out",
    NotReady: "not_ready",
    Ready: "ready",
    Reserved: "reserved",
    Offered: "offered",
    WrapUp: "wrap_up",
    OwnCall: "own_call",
}


def word_of(state: object) -> str:
    """The state's word in facts, pages and tables."""
    return state.mode if isinstance(state, Talking) else WORDS[type(state)]


# ---- rows ------------------------------------------------------------------------------------------------------------


def login(_state: LoggedOut, event: Login) -> Step[object]:
    """At a phone."""
    if event.ready:
        return Step(Ready(event.phone, event.now_ns), (Announce(), Rematch()))
    return Step(NotReady(event.phone, frozenset({LOGIN})), (Announce(),))


def move(state: NotReady | Ready, event: Move) -> Step[object]:
    """The person sits elsewhere now; what the old phone had against its agent counts no more."""
    if isinstance(state, Ready):
        return Step(replace(state, phone=event.phone), (Announce(), Rematch()))
    reasons = state.reasons - PASSING - {PHONE_FAULT}
    return Step(NotReady(event.phone, reasons or frozenset({LOGIN})), (Announce(),))


def logout(_state: NotReady | Ready | WrapUp, _event: Logout) -> Step[object]:
    """Gone."""
    return Step(LoggedOut(), (Announce(),))


def logout_later(state: Talking, _event: Logout) -> Step[object]:
    """Asked for during a call: after it."""
    return Step(replace(state, logout=True), (Announce(),))


def logout_while_offered(state: Reserved, _event: Logout) -> Step[object]:
    """Logged out by somebody else: the bell stops and the caller keeps the place."""
    return Step(LoggedOut(), (OfferOver(state.call, state.queue, "forced"), Announce(), Rematch()))


def logout_after_own_call(state: OwnCall, _event: Logout) -> Step[object]:
    """Logged out by somebody else: after the call."""
    return Step(replace(state, logout=True), (Announce(),))


def ready(state: NotReady, event: BecomeReady) -> Step[object]:
    """All reasons are over but those that the phone itself has; the idle clock starts."""
    left = state.reasons & PASSING
    if left:
        return Step(replace(state, reasons=left), (Announce(),) if left != state.reasons else ())
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def ready_later(state: Talking, _event: BecomeReady) -> Step[object]:
    """What was pending is taken back."""
    return Step(replace(state, pending=state.pending & PASSING, logout=False), (Announce(),))


def ready_from_wrap_up(state: WrapUp, event: BecomeReady) -> Step[object]:
    """Ready ends wrap-up too, unless that lasts its time whatever is pressed."""
    left = state.pending & PASSING
    if state.rule.mode == "fixed":
        return Step(replace(state, pending=left), (Announce(),))
    if left:
        return Step(NotReady(state.phone, left), (Announce(),))
    return Step(Ready(state.phone, event.now_ns), (Announce(), Rematch()))


def not_ready(state: Ready, event: BecomeNotReady) -> Step[object]:
    """A break."""
    return Step(NotReady(state.phone, frozenset({event.reason})), (Announce(),))


def _with(reasons: frozenset[str], reason: str) -> frozenset[str]:
    """One more; the reason of having just logged in or missed calls gives way to a real one."""
    return (reasons if reason in PASSING else reasons - GIVES_WAY) | {reason}


def another_reason(state: NotReady, event: BecomeNotReady) -> Step[object]:
    """One more reason."""
    return Step(NotReady(state.phone, _with(state.reasons, event.reason)), (Announce(),))


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
    if event.reason not in state.pending:
        return Step(state)
    return Step(replace(state, pending=state.pending - {event.reason}), (Announce(),))


def reason_over_in_own_call(state: OwnCall, event: ReasonOver) -> Step[object]:
    """Counts after the call."""
    if not isinstance(state.before, NotReady) or event.reason not in state.before.reasons:
        return Step(state)
    reasons = state.before.reasons - {event.reason}
    before = NotReady(state.phone, reasons) if reasons else Ready(state.phone, event.now_ns)
    return Step(replace(state, before=before), (Announce(),))


def not_ready_later(state: Talking | WrapUp, event: BecomeNotReady) -> Step[object]:
    """Asked for during a call or its paperwork: after that."""
    return Step(replace(state, pending=state.pending | {event.reason}), (Announce(),))


def not_ready_in_own_call(state: OwnCall, event: BecomeNotReady) -> Step[object]:
    """After the own call."""
    before = state.before.reasons if isinstance(state.before, NotReady) else frozenset()
    return Step(replace(state, before=NotReady(state.phone, _with(before, event.reason))), (Announce(),))


def ready_in_own_call(state: OwnCall, event: BecomeReady) -> Step[object]:
    """After the own call."""
    left = state.before.reasons & PASSING if isinstance(state.before, NotReady) else frozenset()
    before = NotReady(state.phone, left) if left else Ready(state.phone, event.now_ns)
    return Step(replace(state, before=before), (Announce(),))


def reserve(state: Ready, event: Reserve) -> Step[object]:
    """Ring, and see whether it does. Who knows of the offer knows of this state: no fact of its own."""
    reserved = Reserved(state.phone, event.call, event.queue, state.since_ns, state.misses, event.limits)
    return Step(reserved, (Start(RESERVE), RingPhone(event.call)))


def look(state: Reserved, _event: Confirm) -> Step[object]:
    """Does it ring?"""
    return Step(state, (LookAtLine(state.call),))


def ring_began(state: Reserved, _event: RingBegan) -> Step[object]:
    """The line confirms it."""
    offered = Offered(state.phone, state.call, state.queue, state.since_ns, state.misses, state.limits)
    return Step(offered, (Announce(), Start(RING_TIME, state.limits.ring_timeout_s)))


def answer_offer(state: Reserved, _event: AnswerOffer) -> Step[object]:
    """Lifted."""
    return Step(Talking(state.phone, state.call, state.queue, state.limits.wrap_up), (Announce(),))


def _missed(state: Reserved, now_ns: int, outcome: str, reason: str) -> Step[object]:
    """To the end of the idle order, and not ready after too many in a row."""
    misses = state.misses + 1
    missed = OfferOver(state.call, state.queue, outcome)
    if misses >= state.limits.misses_most:
        return Step(NotReady(state.phone, frozenset({reason})), (missed, Announce(), Rematch()))
    return _cooled(state, now_ns, misses, missed)


def _cooled(state: Reserved, now_ns: int, misses: int, over: OfferOver) -> Step[object]:
    cooling = state.limits.miss_pause_s > 0
    start = (Start(COOL_DOWN, state.limits.miss_pause_s),) if cooling else ()
    return Step(Ready(state.phone, now_ns, misses, cooling), (*start, over, Announce(), Rematch()))


def ring_timed_out(state: Offered, event: Expired) -> Step[object]:
    """Missed."""
    return _missed(state, event.now_ns, "no_answer", MISSED)


def not_confirmed(state: Reserved, event: Expired | LeaseLost) -> Step[object]:
    """The line does not ring: the caller goes back to the old place; a phone that does so again and again is at fault."""
    return _missed(state, event.now_ns, PHONE_FAULT, PHONE_FAULT)


def reject(state: Offered, event: RejectOffer) -> Step[object]:
    """Not now: no miss, but the idle clock starts again and the agent is left in peace for a while."""
    return _cooled(state, event.now_ns, state.misses, OfferOver(state.call, state.queue, "rejected"))


def offer_withdrawn(state: Reserved, _event: OfferWithdrawn) -> Step[object]:
    """Not the agent's doing: as if it had not rung."""
    return Step(Ready(state.phone, state.since_ns, state.misses), (Announce(), Rematch()))


def not_ready_while_offered(state: Reserved, event: BecomeNotReady) -> Step[object]:
    """The bell stops and the caller keeps the place."""
    outcome = PHONE_FAULT if event.reason in {PHONE_FAULT, LINE_FAULT} else "forced"
    return Step(NotReady(state.phone, frozenset({event.reason})), (OfferOver(state.call, state.queue, outcome), Announce(), Rematch()))


def cooled_down(state: Ready, _event: Expired) -> Step[object]:
    """To be offered calls again."""
    return Step(replace(state, cooling=False), (Announce(), Rematch()))


def mode_changed(state: Talking, event: ModeChanged) -> Step[object]:
    """On hold, asking a colleague, three together, or two again."""
    if event.mode == state.mode:
        return Step(state)
    return Step(replace(state, mode=event.mode), (Announce(),))


def call_over(state: Talking, event: CallOver | LeaseLost) -> Step[object]:
    """Paperwork, unless the queue has none, the agent leaves, or a break was asked for that skips it."""
    if state.logout:
        return Step(LoggedOut(), (Announce(),))
    skipped = bool(state.pending) and state.rule.skipped_by_pause
    if not state.rule.none and not skipped:
        lasting = state.rule.mode != "until_key"
        ends_ns = event.now_ns + round(state.rule.time_s * NS_A_S) if lasting else 0
        start = (Start(WRAP_UP, state.rule.time_s),) if lasting else ()
        return Step(WrapUp(state.phone, state.call, state.queue, state.rule, ends_ns, state.pending), (Announce(), *start))
    return _after_work(state.phone, state.pending, event.now_ns)


def _after_work(phone: str, pending: frozenset[str], now_ns: int) -> Step[object]:
    if pending:
        return Step(NotReady(phone, pending), (Announce(),))
    return Step(Ready(phone, now_ns), (Announce(), Rematch()))


def wrap_up_over(state: WrapUp, event: Expired) -> Step[object]:
    """Ready again, or what was asked for meanwhile."""
    return _after_work(state.phone, state.pending, event.now_ns)


def end_wrap_up(state: WrapUp, event: EndWrapUp) -> Step[object]:
    """By key, where a key can end it."""
    if state.rule.mode == "fixed":
        return Step(state)
    return _after_work(state.phone, state.pending, event.now_ns)


def extend_wrap_up(state: WrapUp, event: ExtendWrapUp) -> Step[object]:
    """Some more time, as often as the queue allows."""
    if not state.ends_ns or state.extended >= state.rule.extensions:
        return Step(state)
    ends_ns = state.ends_ns + round(state.rule.extend_s * NS_A_S)
    longer = replace(state, ends_ns=ends_ns, extended=state.extended + 1)
    return Step(longer, (Announce(), Start(WRAP_UP, (ends_ns - event.now_ns) / NS_A_S)))


def own_call(state: NotReady | Ready, event: OwnCallBegan) -> Step[object]:
    """Blocks offers."""
    return Step(OwnCall(state.phone, event.call, state), (Announce(),))


def own_call_moved(state: OwnCall | Talking, event: CallMoved) -> Step[object]:
    """Busy still, with another call."""
    return Step(replace(state, call=event.call), (Announce(),))


def own_call_over(state: OwnCall, event: OwnCallOver | LeaseLost) -> Step[object]:
    """Back to where it was; time in an own call is not idle time."""
    if state.logout:
        return Step(LoggedOut(), (Announce(),))
    if isinstance(state.before, Ready):
        return Step(Ready(state.phone, event.now_ns, state.before.misses), (Announce(), Rematch()))
    return Step(state.before, (Announce(),))


# ---- table -----------------------------------------------------------------------------------------------------------

CROSSED = "it crossed the change that made it pointless"
RESTING = (LoggedOut, NotReady, Ready)
TABLE = Table(
    "agent",
    LoggedOut(),
    rows={
        (LoggedOut, Login): login,
        (NotReady, Move): move,
        (Ready, Move): move,
        (NotReady, Logout): logout,
        (Ready, Logout): logout,
        (WrapUp, Logout): logout,
        (Talking, Logout): logout_later,
        (Reserved, Logout): logout_while_offered,
        (Offered, Logout): logout_while_offered,
        (OwnCall, Logout): logout_after_own_call,
        (NotReady, BecomeReady): ready,
        (Talking, BecomeReady): ready_later,
        (WrapUp, BecomeReady): ready_from_wrap_up,
        (OwnCall, BecomeReady): ready_in_own_call,
        (Ready, BecomeNotReady): not_ready,
        (NotReady, BecomeNotReady): another_reason,
        (Reserved, BecomeNotReady): not_ready_while_offered,
        (Offered, BecomeNotReady): not_ready_while_offered,
        (Talking, BecomeNotReady): not_ready_later,
        (WrapUp, BecomeNotReady): not_ready_later,
        (OwnCall, BecomeNotReady): not_ready_in_own_call,
        (NotReady, ReasonOver): reason_over,
        (Talking, ReasonOver): pending_over,
        (WrapUp, ReasonOver): pending_over,
        (OwnCall, ReasonOver): reason_over_in_own_call,
        (Ready, Reserve): reserve,
        (Ready, COOL_DOWN): cooled_down,
        (Reserved, Confirm): look,
        (Reserved, RingBegan): ring_began,
        (Reserved, RESERVE): not_confirmed,
        (Reserved, LeaseLost): not_confirmed,
        (Offered, LeaseLost): not_confirmed,
        (Reserved, AnswerOffer): answer_offer,
        (Offered, AnswerOffer): answer_offer,
        (Offered, RING_TIME): ring_timed_out,
        (Offered, RejectOffer): reject,
        (Reserved, OfferWithdrawn): offer_withdrawn,
        (Offered, OfferWithdrawn): offer_withdrawn,
        (Talking, ModeChanged): mode_changed,
        (Talking, CallOver): call_over,
        (Talking, LeaseLost): call_over,
        (WrapUp, EndWrapUp): end_wrap_up,
        (WrapUp, ExtendWrapUp): extend_wrap_up,
        (WrapUp, WRAP_UP): wrap_up_over,
        (NotReady, OwnCallBegan): own_call,
        (Ready, OwnCallBegan): own_call,
        (OwnCall, CallMoved): own_call_moved,
        (Talking, CallMoved): own_call_moved,
        (OwnCall, OwnCallOver): own_call_over,
        (OwnCall, LeaseLost): own_call_over,
    },
    ignored={
        (Ready, BecomeReady): "ready already",
        **{(state, ReasonOver): "it is no reason of this agent" for state in (LoggedOut, Ready, Reserved, Offered)},
        **{(state, OfferWithdrawn): CROSSED for state in RESTING},
        **{(state, Confirm): CROSSED for state in (*RESTING, Offered, Talking, WrapUp)},
        **{(state, RingBegan): CROSSED for state in (*RESTING, Offered, Talking, WrapUp)},
        (LoggedOut, Logout): "out already",
        **{(state, OwnCallOver): "the agent logged in or out during that call" for state in (*RESTING, WrapUp)},
        **{(state, CallOver): "the agent was logged out during the call" for state in RESTING},
        **{(state, ModeChanged): "the call is over, or nobody's" for state in (*RESTING, WrapUp)},
        (WrapUp, CallOver): "left, and over in the same moment",
        (OwnCall, OwnCallBegan): "a second call beside the first",
        (WrapUp, OwnCallBegan): "a call made in wrap-up is part of the paperwork",
        (LoggedOut, OwnCallBegan): "nobody's own call",
    },
    timers={Reserved: (RESERVE,), Offered: (RING_TIME,), WrapUp: (WRAP_UP,), Ready: (COOL_DOWN,)},
)
